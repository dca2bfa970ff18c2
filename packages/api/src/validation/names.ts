/** Kubernetes' rules for names, with its own words: clients compare them. Each gives what is wrong, nothing if all is well. */

export type NameRule = (name: string) => readonly string[];

interface Form {
  readonly text: string;
  readonly pattern: string;
  readonly examples: readonly string[];
  readonly maxLength: number;
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

const dns1035: Form = {
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  examples: ['my-name', 'abc-123'],
  maxLength: 63,
};

const dns1123Label: Form = {
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  pattern: label,
  examples: ['my-name', '123-abc'],
  maxLength: 63,
};

const dns1123Subdomain: Form = {
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  pattern: `${label}(\\.${label})*`,
  examples: ['example.com'],
  maxLength: 253,
};

const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const qualifiedNamePart: Form = {
  text: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  pattern: '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  examples: ['MyName', 'my.name', '123-abc'],
  maxLength: 63,
};

/** A label that starts with a letter. */
export const checkDns1035Label: NameRule = (name) => check(name, dns1035);

/** The beginning of a DNS-1035 label: what `generateName` may be. Kubernetes takes a letter for a dash at the end and what is before. */
export const checkDns1035Prefix: NameRule = (prefix) =>
  check(prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix, dns1035);

/** A label that may start with a digit. */
export const checkDns1123Label: NameRule = (name) => check(name, dns1123Label);

/** A name as C has them. */
export const checkIdentifier: NameRule = (name) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? []
    : [
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
      ];

/** Labels joined by dots. */
export const checkDns1123Subdomain: NameRule = (name) => check(name, dns1123Subdomain);

/** `name` or `prefix/name`, as label keys are. */
export const checkQualifiedName: NameRule = (name) => {
  const parts = name.split('/');
  const [prefix, own] = parts.length === 1 ? [undefined, parts[0] ?? ''] : [parts[0] ?? '', parts[1] ?? ''];
  if (parts.length > 2)
    return [
      `a valid label key ${withExamples(qualifiedNamePart)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const prefixErrors =
    prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : checkDns1123Subdomain(prefix);
  const ownErrors =
    own === '' ? ['must be non-empty', ...check(own, qualifiedNamePart)] : check(own, qualifiedNamePart);
  return [...prefixErrors.map((text) => `prefix part ${text}`), ...ownErrors.map((text) => `name part ${text}`)];
};

/** What a label may be set to; empty is allowed. */
export const checkLabelValue: NameRule = (value) =>
  value === '' ? [] : check(value, { ...qualifiedNamePart, text: labelValueText });

/** A domain of at least two labels, as Kubernetes tells of it for a field `name`. */
export const checkDomainName: NameRule = (name) => {
  if (name === '') return ['name: Required value'];
  const domain = name.replace(/\.$/, '');
  const refuse = (value: string, wrong: string): string => `name: Invalid value: ${JSON.stringify(value)}: ${wrong}`;
  const wrong = checkDns1123Subdomain(domain);
  if (wrong.length > 0) return [refuse(domain, wrong.join(','))];
  const labels = domain.split('.');
  if (labels.length < 2) return [refuse(domain, 'should be a domain with at least two segments separated by dots')];
  const bad = labels.find((each) => checkDns1123Label(each).length > 0);
  return bad === undefined ? [] : [refuse(bad, checkDns1123Label(bad).join(','))];
};

function check(name: string, form: Form): readonly string[] {
  const long = name.length > form.maxLength ? [`must be no more than ${form.maxLength} characters`] : [];
  return new RegExp(`^(?:${form.pattern})$`).test(name) ? long : [...long, withExamples(form)];
}

function withExamples({ text, pattern, examples }: Form): string {
  const samples = examples.map((example) => `'${example}', `).join(' or ');
  return `${text} (e.g. ${samples}regex used for validation is '${pattern}')`;
}
