const repository = /^[a-z0-9_./-]{2,255}$/;
const tag = /^[\w.-]{0,128}$/;
const digest = /^sha256:[0-9a-f]{64}$/;

// The authority of a URL, without user and escapes.
const registry = /^(?:\[[^\s/?#@[\]%]*\]|[^\s/?#@:[\]%<>"^`{|}\\]*)(?::\d*)?$/;

/**
 * Whether this names an image, as weakly as Knative looks at it: registry and tag may be left out; a repository has at least two
 * characters (serving-api.md, section 7.2).
 */
export function isImageReference(reference: string): boolean {
  const [named = '', digestPart, ...more] = reference.split('@');
  if (more.length > 0) return false;
  if (digestPart !== undefined && !digest.test(digestPart)) return false;
  const { name, tagPart } = splitTag(named);
  return tag.test(tagPart) && isRepository(name);
}

/** A colon after the last slash begins a tag; one before it belongs to a port. */
function splitTag(text: string): { readonly name: string; readonly tagPart: string } {
  const colon = text.lastIndexOf(':');
  return colon > text.lastIndexOf('/')
    ? { name: text.slice(0, colon), tagPart: text.slice(colon + 1) }
    : { name: text, tagPart: '' };
}

/** What stands before the first slash is a registry if it looks like a host. */
function isRepository(text: string): boolean {
  const slash = text.indexOf('/');
  const host = text.slice(0, Math.max(slash, 0));
  if (!/[.:]/.test(host)) return repository.test(text);
  return registry.test(host) && repository.test(text.slice(slash + 1));
}
