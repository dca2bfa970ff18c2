import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What wrk is to send. */
export interface Load {
  /** Default `/small`. */
  readonly path?: string;
  /** Connections, all of them busy all the time. Default 32. */
  readonly connections?: number;
  /** Bytes of a body to POST. */
  readonly bodyBytes?: number;
  /** The body goes in chunks. */
  readonly chunked?: boolean;
  /** Over TLS. */
  readonly tls?: boolean;
  /** Hosts asked for in turns, instead of one. */
  readonly hosts?: readonly string[];
}

/** What came of it. */
export interface Outcome {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Connections that failed, answers other than 2xx and 3xx, and those that did not come in time. */
  readonly errors: number;
}

/** wrk's Lua: requests are made ready beforehand, so that the client costs little; figures come out as JSON. */
const script = ({ path = '/small', bodyBytes = 0, chunked = false }: Load, hostsFile: string): string => `
local requests, i = {}, 0
function init(args)
  local body = string.rep('x', ${bodyBytes})
  for host in io.lines('${hostsFile}') do
    local head = '${bodyBytes > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1\\r\\nHost: ' .. host .. '\\r\\n'
    local last = '\\r\\n'
    if ${chunked} then
      local half = string.rep('x', ${Math.ceil(bodyBytes / 2)})
      local chunk = string.format('%x\\r\\n', #half) .. half .. '\\r\\n'
      last = 'Transfer-Encoding: chunked\\r\\n\\r\\n' .. chunk .. chunk .. '0\\r\\n\\r\\n'
    elseif #body > 0 then
      last = 'Content-Length: ' .. #body .. '\\r\\n\\r\\n' .. body
    end
    requests[#requests + 1] = head .. last
  end
end
function request()
  i = i % #requests + 1
  return requests[i]
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests":%d,"us":%d,"p50Us":%d,"p99Us":%d,"errors":%d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Loads a port for so many seconds. */
export async function wrk(
  folder: string,
  { port, seconds, load, hosts }: { port: number; seconds: number; load: Load; hosts: readonly string[] },
): Promise<Outcome> {
  const hostsFile = join(folder, 'hosts.txt');
  const scriptFile = join(folder, 'load.lua');
  writeFileSync(hostsFile, hosts.map((each) => `${each}\n`).join(''));
  writeFileSync(scriptFile, script(load, hostsFile));
  const connections = String(load.connections ?? 32);
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout=20s',
    `-s${scriptFile}`,
    `${load.tls ? 'https' : 'http'}://127.0.0.1:${port}/`,
  ];
  const { stdout } = await run('wrk', args);
  const line = stdout.split('\n').find((each) => each.startsWith('{')) ?? '';
  const { us, ...figures } = JSON.parse(line) as Outcome & { us: number };
  return { ...figures, perSecond: figures.requests / (us / 1e6) };
}
