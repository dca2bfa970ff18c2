import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer } from './run.ts';

/** What the real server has answered to a story, as a text for people to read. */
export const recordingPath = (story: string): string => join(import.meta.dirname, 'recorded', `${story}.txt`);

export function writeRecording(answers: readonly Answer[]): string {
  return answers.map(writeAnswer).join('\n');
}

export async function readRecording(story: string): Promise<Answer[]> {
  const text = await readFile(recordingPath(story), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => readAnswer(part.split('\n')));
}

function writeAnswer({ say, request, code, headers, body }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [`## ${say}`, request, String(code), ...lines, JSON.stringify(body ?? null, undefined, 1), ''].join('\n');
}

function readAnswer([say = '', request = '', code = '', ...rest]: readonly string[]): Answer {
  const headerLines = rest.filter((line) => /^[a-z-]+: /.test(line));
  const headers = headerLines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), JSON.parse(line.slice(colon + 2)) as string[]] as const;
  });
  const body = JSON.parse(rest.slice(headerLines.length).join('\n')) as unknown;
  return { say, request, code: Number(code), headers: Object.fromEntries(headers), body };
}
