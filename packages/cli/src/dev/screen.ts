import { homedir } from 'node:os';
import { relative } from 'node:path';
import { type KubernetesObject, type Service, keyOf } from '@ebb/api';
import { createColors } from 'picocolors';
import type { Deployed } from './deployer.ts';
import type { Said } from './progress.ts';

/** The lines `ebb dev` prints; all wording is here. */
export interface Screen {
  started(facts: Started): string;
  deployed(result: Deployed): string;
  progress(service: Service, said: Said): string;
  failed(message: string): string;
  sourceChanged(apps: readonly string[]): string;
  stopping(): string;
}

/** What there is to tell once everything listens. */
export interface Started {
  readonly gatewayUrl: string;
  readonly httpsUrl: string | undefined;
  /** The form of Services' URLs. */
  readonly serviceUrl: string;
  readonly exampleName: string;
  readonly exampleUrl: string;
  readonly metricsUrl: string;
  readonly kubeconfigFile: string;
  readonly logFile: string;
  readonly apps: readonly { readonly name: string; readonly folder: string }[];
  /** What is not as usual. */
  readonly notes: readonly string[];
}

interface Facts {
  readonly domain: string;
  readonly namespace: string;
  readonly port: number;
  readonly httpsPort?: number;
  readonly usualPort: number;
  readonly healthPort: number;
  readonly kubeconfigFile: string;
  readonly logFile: string;
  readonly apps: Started['apps'];
  /** Those about to be deployed. */
  readonly services: readonly { readonly name: string; readonly namespace: string | undefined }[];
  /** What does not work, and what to do. */
  readonly problem: string | undefined;
}

/** Puts together what to tell at the start. */
export function startedFacts({ healthPort, apps, services, problem, ...facts }: Facts): Started {
  const { domain, namespace, port, httpsPort, usualPort, kubeconfigFile, logFile } = facts;
  const suffix = port === 80 ? '' : `:${port}`;
  const example = services.find(({ name }) => name === 'hello') ?? services[0] ?? { name: 'hello', namespace };
  return {
    kubeconfigFile,
    logFile,
    apps,
    gatewayUrl: `http://${domain}${suffix}`,
    httpsUrl: httpsPort === undefined ? undefined : `https://<name>.${namespace}.${domain}:${httpsPort}`,
    metricsUrl: `http://127.0.0.1:${healthPort}/metrics`,
    serviceUrl: `http://<name>.<namespace>.${domain}${suffix}`,
    exampleName: example.name,
    exampleUrl: `http://${example.name}.${example.namespace ?? namespace}.${domain}${suffix}/`,
    notes: [
      ...(port > usualPort && port < usualPort + 100 ? [`port ${usualPort} is in use; the gateway took ${port}`] : []),
      ...(problem === undefined ? [] : [problem]),
    ],
  };
}

/** A screen for a terminal, or a plain one for a pipe. */
export function createScreen({ color, cwd }: { readonly color: boolean; readonly cwd: string }): Screen {
  const { bold, dim, green, red, yellow, cyan } = createColors(color);
  const path = (file: string): string => shorten(file, cwd);
  return {
    started: ({
      gatewayUrl,
      httpsUrl,
      serviceUrl,
      exampleName,
      exampleUrl,
      metricsUrl,
      kubeconfigFile,
      logFile,
      apps,
      notes,
    }) =>
      [
        '',
        `  ${bold('Ebb')}: Knative Services on this machine`,
        '',
        `  gateway   ${cyan(gatewayUrl)}   ${dim(`services at ${serviceUrl}`)}`,
        ...(httpsUrl ? [`  https     ${cyan(httpsUrl)}   ${dim('with curl --cacert .ebb/ca.crt')}`] : []),
        `  kubectl   ${cyan(`export KUBECONFIG=${kubeconfigFile}`)}`,
        ...apps.map(({ name, folder }) => `  image     dev.local/${name} ${dim(`is ${path(folder)}`)}`),
        `  metrics   ${cyan(metricsUrl)}   ${dim('and /healthz, /readyz')}`,
        `  logs      ${dim(path(logFile))}`,
        ...notes.map((note) => `  ${yellow('note')}      ${note}`),
        '',
        '  Try, in another terminal:',
        `    curl ${cyan(exampleUrl)}`,
        `    ${cyan('npx ebb get ksvc,rev,route,pods,nodes')}`,
        `    ${cyan(`npx ebb logs -f ${exampleName}`)}`,
        '  Save a change to a manifest or an app, and it is deployed again. Ctrl-C stops everything.',
        '',
        '',
      ].join('\n'),
    deployed: (result) =>
      result.kind === 'failed'
        ? `${red('✗')} ${sayFailure(result, path)}\n`
        : result.what === 'unchanged'
          ? ''
          : `${dim('·')} ${describe(result.object)} ${dim(result.what)}\n`,
    progress: (service, { progress, seconds }) => {
      if (progress.state === 'failed') return `${red('✗')} ${bold(keyOf(service))} is not ready: ${progress.message}\n`;
      if (progress.state === 'working') return '';
      if (progress.state === 'slow') {
        const hint = progress.message.includes('ECONNREFUSED') ? '; it must listen on the port in PORT' : '';
        return `${yellow('…')} ${bold(keyOf(service))} is not ready after ${seconds} s: ${progress.message}${hint}\n`;
      }
      const took = seconds > 0 ? dim(` in ${seconds.toFixed(1)} s`) : '';
      return `${green('✓')} ${bold(keyOf(service))} ready${took}  ${cyan(progress.url)}  ${dim(progress.revision)}\n`;
    },
    failed: (message) => `${red('✗')} ${message}\n`,
    sourceChanged: (apps) => `${dim('·')} ${apps.map((app) => `dev.local/${app}`).join(', ')} ${dim('changed')}\n`,
    stopping: () => `\n${dim('stopping … (once more ends it at once)')}\n`,
  };
}

/** The place before the message, unless the message begins with it. */
function sayFailure({ where, message }: { where: string; message: string }, path: (file: string) => string): string {
  if (message.startsWith(where)) return `${path(where)}${message.slice(where.length)}`;
  return `${path(where)}: ${message}`;
}

function describe({ kind = '', metadata }: KubernetesObject): string {
  return `${kind.toLowerCase()} ${metadata.name ?? ''}`;
}

/** A path as a person would write it: from the working folder if it lies below it, else from home. */
function shorten(file: string, cwd: string): string {
  const fromHere = relative(cwd, file);
  if (fromHere !== '' && !fromHere.startsWith('..')) return fromHere;
  const home = homedir();
  return file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
