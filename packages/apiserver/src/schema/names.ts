/** Kubernetes' rules for names; each returns what is wrong in Kubernetes' words, nothing if all is well. */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const wholeLabel = whole(label);
const wholeSubdomain = whole(subdomain);
const wholeLabel1035 = whole(label1035);
const wholeQualified = whole(qualified);
const wholeLabelValue = whole(labelValue);

const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}')`;

/** A DNS label, as names of namespaces, containers and volumes are. */
export function dnsLabelErrors(value: string): string[] {
  const errors = longerThan(value, 63);
  if (!wholeLabel.test(value) && wholeSubdomain.test(value)) errors.push('must not contain dots');
  else if (!wholeLabel.test(value))
    errors.push(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
        `an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
    );
  return errors;
}

/** A DNS label that starts with a letter, as names of Services are. */
export function dns1035LabelErrors(value: string): string[] {
  const errors = longerThan(value, 63);
  if (!wholeLabel1035.test(value))
    errors.push(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and " +
        `end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`,
    );
  return errors;
}

/** A DNS subdomain, as names of most objects are. */
export function dnsSubdomainErrors(value: string): string[] {
  const errors = longerThan(value, 253);
  if (!wholeSubdomain.test(value))
    errors.push(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
        `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
    );
  return errors;
}

/** What can stand as one part of a URL's path, as names of roles are. */
export function pathSegmentErrors(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((each) => value.includes(each)).map((each) => `may not contain '${each}'`);
}

/** The key of a label or annotation: a name with an optional DNS prefix. */
export function qualifiedNameErrors(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const errors: string[] = [];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (prefix !== undefined) errors.push(...dnsSubdomainErrors(prefix).map((error) => `prefix part ${error}`));
  if (name === '') errors.push('name part must be non-empty');
  errors.push(...longerThan(name, 63).map((error) => `name part ${error}`));
  if (!wholeQualified.test(name)) errors.push(`name part ${qualifiedText}`);
  return errors;
}

export function labelValueErrors(value: string): string[] {
  const errors = longerThan(value, 63);
  if (!wholeLabelValue.test(value))
    errors.push(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
        `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`,
    );
  return errors;
}

/** A key of a ConfigMap or Secret: a file name. */
export function configKeyErrors(value: string): string[] {
  const errors = longerThan(value, 253);
  if (!/^[-._a-zA-Z0-9]+$/.test(value))
    errors.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
        "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  if (value === '.' || value === '..') errors.push(`must not be '${value}'`);
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** The name of a port: at most 15 characters, lower case, one letter at least. */
export function portNameErrors(value: string): string[] {
  const errors = longerThan(value, 15);
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(value)) errors.push('must not begin or end with a hyphen');
  return errors;
}

function longerThan(value: string, maximum: number): string[] {
  return Buffer.byteLength(value) > maximum ? [`must be no more than ${maximum} characters`] : [];
}
