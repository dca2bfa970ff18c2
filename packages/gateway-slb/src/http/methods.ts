/**
 * Methods that ask for nothing to be changed (RFC 9110, section 9.2.1): what is asked may be asked twice. They have no use for a body, and
 * there are servers that take it for another request.
 */
export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
