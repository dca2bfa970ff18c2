import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from './template.ts';

const data = {
  Name: 'hello',
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
    '{{.Name .Name}}',
    '{{range .Labels}}{{end}}',
    '{{if .Name}}{{else}}',
    '{{if}}{{end}}',
    '{{"\\q"}}',
  ])('refuses %j', (text) => {
    expect(() => parseTemplate(text)).toThrow('template: ');
  });

  it.each(['{{.Nome}}', '{{.constructor}}', '{{.Name.x}}', '{{eq .Name}}', '{{index .Name "x"}}'])(
    'fails to render %j',
    (text) => {
      expect(() => render(text)).toThrow('template: ');
    },
  );

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
