import { parseTemplate } from '@ebb/api';
import { expect, it } from 'vitest';
import { readRequestHead } from '../http/request-head.ts';
import { type LoggedRequest, templateLine } from './request-line.ts';

function aRequest(about: Partial<LoggedRequest> = {}): LoggedRequest {
  const head = readRequestHead(['Host', 'hello.example.com', 'user-agent', `it's "me"`, 'X-ID', '1', 'x-id', '2']);
  head.method = 'POST';
  head.target = '/a?b=c';
  return {
    head,
    peer: { address: '2001:db8::1', port: 4711, proto: 'http', listener: 'public' },
    status: 503,
    requestBytes: 3,
    responseBytes: 5,
    latencySeconds: 0.25,
    revision: { namespace: 'default', revision: 'hello-00001', service: 'hello', configuration: 'hello-c' },
    podName: 'pod-0',
    podIP: '192.0.2.1',
    traceId: '0af7',
    ...about,
  };
}

const lineOf = (template: string, about?: Partial<LoggedRequest>): ReturnType<typeof templateLine> =>
  templateLine(parseTemplate(template), aRequest(about));

it.each([
  ['{{.Request.Method}} {{.Request.RequestURI}} {{.Request.Proto}}', 'POST /a?b=c HTTP/1.1'],
  [
    '{{.Request.Host}} {{.Request.URL}} {{.Request.URL.Path}} {{.Request.URL.RawQuery}}',
    'hello.example.com /a?b=c /a b=c',
  ],
  ['{{.Request.ContentLength}} {{.Request.RemoteAddr}}', '-1 [2001:db8::1]:4711'],
  ['{{.Request.UserAgent | js}}{{.Request.Referer}}', String.raw`it\'s \"me\"`],
  ['{{.Request.Header.Get "X-Id"}} {{index .Request.Header "X-Id"}}{{.Request.Header.Get "constructor"}}', '1 [1 2]'],
  ['{{.Response.Code}} {{.Response.Size}} {{.Response.Latency}}s', '503 5 0.25s'],
  [
    '{{.Revision.Namespace}}/{{.Revision.Name}} {{.Revision.Service}} {{.Revision.Configuration}}',
    'default/hello-00001 hello hello-c',
  ],
  ['{{.Revision.PodName}} {{.Revision.PodIP}} {{.TraceID}}', 'pod-0 192.0.2.1 0af7'],
  ['{ {{.Response.Code}}', '{ 503'],
])('writes %j as %j', (template, message) => {
  expect(lineOf(template)).toEqual({ fields: {}, message });
});

it('writes an object of JSON as fields', () => {
  const line = lineOf(`{"status": {{.Response.Code}}, "agent": "{{.Request.Method}}"}\n`);
  expect(line).toEqual({ fields: { status: 503, agent: 'POST' }, message: 'request' });
});

it('writes nothing where the template leaves nothing', () => {
  const failures = '{{if ge .Response.Code 500}}{{.Response.Code}}{{end}}';
  expect(lineOf(failures)?.message).toBe('503');
  expect(lineOf(failures, { status: 200 })).toBeUndefined();
});

it('has the names of no revision for what none has had', () => {
  expect(lineOf('[{{.Revision.Name}}{{.Revision.PodIP}}]', { revision: undefined, podIP: '' })?.message).toBe('[]');
});

it('tells why a template fails, beside the plain line', () => {
  expect(lineOf('{{.Request.Body.Close}}')?.fields).toMatchObject({
    httpRequest: { status: 503, requestUrl: 'http://hello.example.com/a?b=c' },
    revision: 'default/hello-00001',
    template: 'template: there is no field Close',
  });
});
