const maxLabelLength = 63;

/**
 * The name a `Host` header stands for: lower case, without port and without a trailing dot. An IPv6 literal keeps its
 * brackets.
 */
export function hostName(header: string): string {
  let end = header.length;
  if (header.charCodeAt(0) === 0x5b) {
    const bracket = header.indexOf(']');
    if (bracket !== -1) end = bracket + 1;
  } else {
    const colon = header.indexOf(':');
    if (colon !== -1) end = colon;
  }
  if (end > 1 && header.charCodeAt(end - 1) === 0x2e) end--;
  return (end === header.length ? header : header.slice(0, end)).toLowerCase();
}

/**
 * A host and its short forms: without the cluster domain, and without `svc` and the cluster domain (data-path.md,
 * section 2.3). A form is left out when its last label is too long or a number.
 */
export function expandHost(host: string, clusterDomain: string): readonly string[] {
  const name = hostName(host);
  const forms = [name];
  for (const suffix of [`.${clusterDomain}`, `.svc.${clusterDomain}`]) {
    if (name.length <= suffix.length || !name.endsWith(suffix)) continue;
    const short = name.slice(0, -suffix.length);
    const lastLabel = short.slice(short.lastIndexOf('.') + 1);
    if (lastLabel.length <= maxLabelLength && !/^\d*$/.test(lastLabel)) forms.push(short);
  }
  return forms;
}
