import type { Difference } from './compare.ts';

/** Places in which the embedded API differs from a real one on purpose. What is left out stands for all. */
export interface OnPurpose {
  readonly story?: string;
  readonly say?: RegExp;
  readonly path?: RegExp;
  readonly why: string;
}

const parsers =
  'parsers say in their own words where a text is broken; Go types, and lines of Go code, are nobody else’s';
const goValues = 'values in messages stand as JSON, not as Go prints them';
const faults =
  'what the client got wrong is answered with 4xx and a reason, where kube-apiserver answers 500 by mistake';
const zeros = 'Go writes the zero value of a struct; what nobody has set is left out here';
const rules = 'not all rules for kinds that Ebb only stores are checked';
const watchList = 'streaming lists are served; kube-apiserver 1.33 has them behind a feature gate that is off';

const message = /^body\.(message|details\.causes\[\d+\]\.message)$/;

export const differences: readonly OnPurpose[] = [
  // What a body is not.
  { story: 'create', say: /^of (another|no) /, path: message, why: parsers },
  { story: 'create', say: /^(as broken JSON|as a list|with an empty body)$/, path: message, why: parsers },
  {
    story: 'field-validation',
    say: /twice in YAML/,
    why: 'YAML that has a key twice is refused; JSON is taken with a warning',
  },
  { story: 'custom', say: /^one without kind$/, path: message, why: parsers },
  { story: 'delete', say: /^with (options of another kind|broken options)$/, why: faults },
  { story: 'json-patch', say: /^(an object|broken JSON|too many operations)$/, path: message, why: parsers },
  { story: 'json-patch', path: /causes$/, why: 'says in a cause which operation does not apply, and clients show it' },
  { story: 'merge-patch', say: /^(a list|null|broken JSON)$/, path: message, why: parsers },
  { story: 'merge-patch', say: /unknown type/, path: /message|details/, why: 'names the types that it would take' },
  { story: 'strategic-patch', say: /^(an unknown directive|an element without its key)$/, why: faults },
  { story: 'apply', say: /^a wrong type$/, why: faults },
  { story: 'custom', say: /^apply, a wrong type$/, why: faults },
  { story: 'immutable', say: /^another kind$/, path: message, why: parsers },
  { story: 'list', say: /bad token/, path: message, why: parsers },

  // Values and fields in messages.
  { story: 'create', say: /too large/, path: /field|message/, why: 'names the field that is too long' },
  { story: 'immutable', say: /^another uid$/, path: message, why: 'a cause is told once' },
  { story: 'delete', say: /too late/, path: message, why: 'a cause is told once' },
  { story: 'secrets', say: /no JSON/, path: message, why: parsers },
  { story: 'services', say: /^(with a port twice|another IP)$/, path: message, why: goValues },
  { story: 'custom', say: /^with a part twice$/, path: message, why: goValues },
  { story: 'strategic-patch', say: /^what may not change$/, path: message, why: 'shows no diff of Go structs' },
  { story: 'pods', say: /^(another command|a node)$/, path: message, why: 'shows no diff of Go structs' },
  { story: 'pods', say: /^one more container$/, why: 'one rule says what of a pod may change' },
  { story: 'pods', say: /^with bad fields$/, why: 'a negative time to stop is refused, not taken for 1 second' },
  { story: 'custom', say: /^of its status, a wrong type$/, path: message, why: 'names the field by its whole path' },
  {
    story: 'custom',
    say: /^with bad values$/,
    path: /causes/,
    why: 'tells of a text that is too long also what else is wrong with it',
  },
  { story: 'custom', say: /^with a large number$/, why: 'tells once that a number is none' },
  {
    story: 'definitions',
    say: /^with (no version|no schema|a schema|a column)/,
    why: 'tells less of a definition whose version is wrong, by the path in the version that it was written in',
  },

  // Zero values.
  {
    story: 'create',
    say: /uid and times/,
    path: /generation$/,
    why: 'a kind without generations has none, whatever is sent',
  },
  { path: /\.lastState$/, why: zeros },
  { story: 'leases-events-endpoints', path: /reporting(Component|Instance)$/, why: zeros },
  { story: 'webhooks-and-nodes', path: /daemonEndpoints$|nodeInfo/, why: zeros },
  { story: 'accounts', path: /^body\.rules$/, why: 'a role without rules has an empty list of them, not null' },
  { story: 'custom', say: /^none yet$/, path: /continue$/, why: zeros },
  {
    story: 'discovery',
    path: /responseKind\.(version|group)$/,
    why: 'says the version of a kind where kube-apiserver leaves it out',
  },
  { story: 'discovery', say: /^the core$/, path: /apiVersion$/, why: 'says its version' },

  // What is not there.
  {
    story: 'discovery',
    say: /^the core$/,
    path: /resources\.bindings$/,
    why: 'pods are bound through pods/binding only',
  },
  {
    story: 'leases-events-endpoints',
    say: /of the new group/,
    why: 'events.k8s.io is not served: it is a second door to the same events',
  },
  {
    story: 'watch',
    say: /^the old path of watches$/,
    why: 'paths that were given up in Kubernetes 1.11 are not served',
  },
  { story: 'custom', say: /^without a namespace$/, why: 'custom kinds answer as built-in ones do' },
  {
    story: 'claims-quotas-budgets',
    say: /^a claim$/,
    path: /finalizers$/,
    why: 'nothing here would take the finalizer away again',
  },
  { story: 'claims-quotas-budgets', say: /^claims as a table$/, why: 'there are no volume attribute classes' },
  {
    story: 'webhooks-and-nodes',
    say: /^a node$/,
    path: /taints\[1\]$/,
    why: 'nothing here would take the taint away again',
  },
  { story: 'claims-quotas-budgets', say: /^a (claim made smaller|bad disruption budget)$/, why: rules },
  { story: 'webhooks-and-nodes', say: /^a bad one$/, why: rules },
  { story: 'definitions', say: /^with a default of a wrong type$/, why: rules },
  {
    story: 'leases-events-endpoints',
    say: /^a lease with a (whole second|bad time)$/,
    why: 'times are taken in every precision',
  },
  { story: 'accounts', say: /^may I, and what$/, why: 'who may do everything may do that, too' },
  { story: 'namespaces', say: /^(its phase|one)$/, why: rules },
  {
    story: 'services',
    say: /^made (external|plain again)$/,
    path: /managedFields/,
    why: 'an address taken away stays with who took it, as with any other field',
  },

  // What there is more of.
  { story: 'watch', say: /initial events/, why: watchList },
  { story: 'watch', say: /^as YAML$/, why: 'a watch is served in every form' },
  { story: 'discovery', say: /at once$/, path: /cache-control/, why: 'discovery is not to be kept either' },
  { story: 'discovery', say: /^OpenAPI v3$/, path: /content-type/, why: 'it is JSON' },
];

/** The entry of the list that a difference falls under, if any. */
export function isOnPurpose(difference: Difference): OnPurpose | undefined {
  return differences.find(
    ({ story, say, path }) =>
      (story === undefined || story === difference.story) &&
      (say === undefined || say.test(difference.say)) &&
      (path === undefined || path.test(difference.path)),
  );
}
