import { type Clock, linkSignals } from '@ebb/base';
import type { Action, ActionContext } from '../action.ts';
import { requireContainer, requireGroup } from '../groups/require.ts';
import { ExecError, type Instance, type SessionRequest } from '../runtime.ts';
import { EciError, invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { Group } from '../groups/group.ts';

const execTimeoutMs = 30_000;
/** Words of a command, and characters of each, as the action is documented. */
const maxWords = 20;
const maxWordLength = 256;

/** The actions that run something in a container (serverless-node.md, section 2.3). */
export const sessionActions: Readonly<Record<string, Action>> = {
  ExecContainerCommand: async (parameters, context) => {
    const { group, container, instance } = runningContainer(parameters, context);
    const command = parseCommand(parameters.required('Command'));
    const request = { command, stdin: parameters.boolean('Stdin') ?? true, tty: parameters.boolean('TTY') ?? false };
    if (parameters.boolean('Sync') === true) {
      if (request.tty) throw invalidParameter('TTY', 'a command that is run with Sync=true has no terminal');
      return { SyncResponse: await execute(instance, container, command, context) };
    }
    return { WebSocketUri: joinAddress(context, group, container, request) };
  },

  // Not one of ECI's: there is no published way to attach to a container there.
  AttachContainer: (parameters, context) => {
    const { group, container } = runningContainer(parameters, context);
    const request = { stdin: parameters.boolean('Stdin') ?? false, tty: false };
    return { WebSocketUri: joinAddress(context, group, container, request) };
  },
};

function runningContainer(
  parameters: Parameters,
  context: ActionContext,
): { readonly group: Group; readonly container: string; readonly instance: Instance } {
  const group = requireGroup(parameters, context);
  const container = parameters.required('ContainerName');
  requireContainer(group, container);
  const { instance } = group;
  if (!instance) throw new EciError('IncorrectStatus', 'The group has no instance yet.');
  const known = [...instance.state.initContainers, ...instance.state.containers];
  if (known.find(({ name }) => name === container)?.current.state !== 'Running') {
    throw new EciError('IncorrectStatus', `The container ${container} is not running.`);
  }
  return { group, container, instance };
}

function joinAddress(
  { sessions, endpoint }: ActionContext,
  group: Group,
  container: string,
  request: SessionRequest,
): string {
  const open = async (): ReturnType<Instance['open']> => {
    if (!group.instance) throw new ExecError('the group has no instance any more');
    return group.instance.open(container, request);
  };
  return `ws://${endpoint()}${sessions.add(open)}`;
}

function parseCommand(text: string): string[] {
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    command = undefined;
  }
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === 'string')) {
    throw invalidParameter('Command', 'not a JSON array of words');
  }
  if (command.length > maxWords || command.some((word) => word.length > maxWordLength)) {
    throw new EciError(
      'InvalidParameter.ValueExceeded',
      `Command has more than ${maxWords} words, or one of more than ${maxWordLength} characters.`,
    );
  }
  return command;
}

async function execute(
  instance: Instance,
  container: string,
  command: readonly string[],
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<string> {
  const link = linkSignals(signal);
  const timer = clock.after(execTimeoutMs, () => link.abort(new ExecError('it took more than 30 s')));
  try {
    const { output } = await instance.exec(container, command, { signal: link.signal });
    return output;
  } catch (cause) {
    if (cause instanceof ExecError)
      throw new EciError('IncorrectStatus', `The command could not be run: ${cause.message}.`);
    throw cause;
  } finally {
    timer[Symbol.dispose]();
    link[Symbol.dispose]();
  }
}
