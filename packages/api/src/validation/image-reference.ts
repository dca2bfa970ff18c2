/** What a reference is made of; the pieces are those of the registry protocol. */
const component = /^[a-z0-9_.-]+$/;
const tag = /^[\w.-]{1,128}$/;
const digest = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/i;
const sha256 = /^sha256:[0-9a-f]{64}$/;

/**
 * What is wrong with the name of an image, `undefined` if nothing. Registry and tag may be left out; a repository has at least two
 * characters (serving-api.md, section 7.2).
 */
export function checkImageReference(reference: string): string | undefined {
  const [beforeDigest = '', digestPart, ...more] = reference.split('@');
  if (more.length > 0) return `could not parse reference: ${reference}`;
  if (digestPart !== undefined && !isDigest(digestPart)) return `invalid digest: ${digestPart}`;
  const { repository, tagPart } = splitTag(beforeDigest);
  if (tagPart !== undefined && !tag.test(tagPart)) return `could not parse reference: ${reference}`;
  return checkRepository(repository, reference);
}

function isDigest(text: string): boolean {
  return text.startsWith('sha256:') ? sha256.test(text) : digest.test(text);
}

/** A colon after the last slash begins a tag; one before it belongs to a port. */
function splitTag(text: string): { readonly repository: string; readonly tagPart: string | undefined } {
  const colon = text.lastIndexOf(':');
  return colon > text.lastIndexOf('/')
    ? { repository: text.slice(0, colon), tagPart: text.slice(colon + 1) }
    : { repository: text, tagPart: undefined };
}

function checkRepository(text: string, reference: string): string | undefined {
  const [first = '', ...rest] = text.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const repository = hasRegistry ? rest.join('/') : text;
  if (hasRegistry && !isRegistry(first)) return `registries must be valid RFC 3986 URI authorities: ${first}`;
  if (repository.length < 2 || repository.length > 255) {
    return `repository must be between 2 and 255 characters in length: ${repository}`;
  }
  return repository.split('/').every((part) => component.test(part))
    ? undefined
    : `could not parse reference: ${reference}`;
}

function isRegistry(text: string): boolean {
  return /^(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:]+\])(?::\d{1,5})?$/i.test(text);
}
