import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asText } from './functions.ts';
import { parseTemplate } from './template.ts';

const data = {
  Name: 'hello',
  Code: 503,
  Text: '<it\'s "a & b">\u0001',
  URL: { [asText]: '/a?b', Path: '/a' },
  Header: { Get: (name = 'none') => `the ${name}` },
  Namespace: 'default',
  Domain: 'example.com',
  Labels: { app: 'web' },
  Annotations: { sub: 'blue' },
};
const render = (text: string): string => parseTemplate(text).render(data);

describe('parseTemplate', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['{{.Name}}.{{.Namespace}}.{{.Domain}}', 'hello.default.example.com'],
    ['{{ .Name }}-{{.Namespace}}.{{.Domain}}', 'hello-default.example.com'],
    ['{{index .Annotations "sub"}}', 'blue'],
    ['{{index .Annotations `sub`}}', 'blue'],
    ['{{index .Annotations "none"}}|', '|'],
    ['{{index .Annotations "constructor"}}|', '|'],
    ['{{.Labels.app}}{{.Labels.none}}', 'web'],
    ['{{.Labels}}', 'map[app:web]'],
    ['{{if .Labels.app}}yes{{end}}', 'yes'],
    ['{{if .Labels.none}}yes{{else}}no{{end}}', 'no'],
    ['{{if eq .Namespace "default"}}{{.Name}}{{else}}{{.Name}}-{{.Namespace}}{{end}}', 'hello'],
    ['{{if eq .Namespace "a" "default"}}one of{{end}}', 'one of'],
    ['{{if eq (index .Annotations "sub") "blue"}}b{{else if eq .Name "x"}}x{{else}}c{{end}}', 'b'],
    ['{{if ne .Name "hello"}}a{{else if eq .Name "hello"}}x{{else}}c{{end}}', 'x'],
    ['{{if and .Name (not .Labels.none)}}{{or .Labels.none "z"}}{{end}}', 'z'],
    ['{{if .Name}}{{if .Labels.none}}1{{else}}2{{end}}3{{end}}', '23'],
    ['a \n{{- .Name -}}\n b', 'ahellob'],
    ['a {{- /* nothing */ -}} b', 'ab'],
    ['{{"{{x}}"}}', '{{x}}'],
    ['{{if true}}t{{end}}', 't'],
    ['{{.Code}}{{if ge .Code 500}}!{{end}}{{if lt .Code 500}}?{{end}}{{if eq .Code 503}}.{{end}}', '503!.'],
    ['{{if gt "b" "a"}}b{{end}}{{if le 1.5 -2}}a{{end}}', 'b'],
    ['{{js .Text}}', String.raw`\u003Cit\'s \"a \u0026 b\"\u003E\u0001`],
    ['{{.Text | html}}', '&lt;it&#39;s &#34;a &amp; b&#34;&gt;\u0001'],
    ['{{urlquery .Text}}', '%3Cit%27s+%22a+%26+b%22%3E%01'],
    ['{{.Name | eq "hello" | not}}', 'false'],
    ['{{.URL}} {{.URL.Path}}', '/a?b /a'],
    ['{{.Header.Get "X-Me"}}, {{"X-You" | .Header.Get | js}}', 'the X-Me, the X-You'],
  ])('renders %j as %j', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    '{{',
    '{{.Name',
    '{{if .Name}}',
    '{{end}}',
    '{{else}}',
    '{{.}}',
    '{{}}',
    '{{index (.Name}}',
    '{{true .Name}}',
    '{{(index .Labels "app") "x"}}',
    '{{.Name | "x"}}',
    '{{.Name |}}',
    '{{range .Labels}}{{end}}',
    '{{if .Name}}{{else}}',
    '{{if}}{{end}}',
    '{{"\\q"}}',
  ])('refuses %j', (text) => {
    expect(() => parseTemplate(text)).toThrow('template: ');
  });

  it.each([
    '{{.Nome}}',
    '{{.constructor}}',
    '{{.Name.x}}',
    '{{eq .Name}}',
    '{{index .Name "x"}}',
    '{{.Name .Name}}',
    '{{lt .Name 1}}',
  ])('fails to render %j', (text) => {
    expect(() => render(text)).toThrow('template: ');
  });

  it('leaves text without braces alone and throws only its own errors', () => {
    const piece = fc.oneof(
      fc.constantFrom('{{', '}}', 'if', 'else', 'end', ' .Name', '(', ')', '"', '`', '-', ' ', 'eq', 'index'),
      fc.string(),
    );
    const renderOrRefuse = (text: string): string | undefined => {
      try {
        return render(text);
      } catch (error) {
        if (String(error).startsWith('Error: template: ')) return undefined;
        throw error;
      }
    };
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const rendered = renderOrRefuse(text);
        expect(text.includes('{{') || rendered === text).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
