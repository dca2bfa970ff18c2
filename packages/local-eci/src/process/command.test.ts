import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../model.ts';
import { appNameOf } from './apps.ts';
import { expand } from '../lifecycle/expand.ts';
import { commandLine } from './command.ts';
import { containerEnvironment } from './environment.ts';

const spec: ContainerSpec = {
  name: 'web',
  image: 'i',
  command: [],
  args: [],
  env: [],
  ports: [],
  volumeMounts: [],
  security: {},
};
const app = (command: string): { name: string; folder: string; command: string } => ({
  name: 'web',
  folder: '/web',
  command,
});

describe('a container command', () => {
  it.each([
    ['node server.js', ['-c', 'exec node server.js', 'start']],
    ['cd dist && node server.js', ['-c', 'cd dist && node server.js', 'start']],
    ['MODE=dev node server.js', ['-c', 'MODE=dev node server.js', 'start']],
    ['node server.js --port $PORT', ['-c', 'exec node server.js --port $PORT', 'start']],
    ['exec node server.js', ['-c', 'exec node server.js', 'start']],
  ])('runs %j through a shell that gives way where it can', (command, args) => {
    expect(commandLine(spec, app(command), {})).toEqual({ file: '/bin/sh', args });
  });

  it('gives its args to the start command', () => {
    const { args } = commandLine({ ...spec, args: ['a b', '$(PORT)'] }, app('./start'), { PORT: '81' });
    expect(args).toEqual(['-c', 'exec ./start "$@"', 'start', 'a b', '81']);
  });

  it('replaces the start command by its own', () => {
    const own = { ...spec, command: ['node', 'x.js'], args: ['$(A)$$(A)$(B)'] };
    expect(commandLine(own, app('./start'), { A: '1' })).toEqual({ file: 'node', args: ['x.js', '1$(A)$(B)'] });
  });

  it('leaves inherited names alone', () => {
    expect(expand('$(constructor)', {})).toBe('$(constructor)');
  });
});

describe('a container environment', () => {
  it('holds nothing of the shell but what is harmless, and the address wherever it is referred to', () => {
    const parent = { PATH: '/bin', HOME: '/home/me', AWS_SECRET_ACCESS_KEY: 'secret', NODE_OPTIONS: '--inspect' };
    const env = [
      { key: 'PORT', value: '8080' },
      { key: 'EARLY', value: '$(IP)' },
      { key: 'IP', value: '', fieldPath: 'status.podIP' as const },
      { key: 'HOST', value: '$(IP):80' },
      { key: 'URL', value: 'http://$(IP)/$(PORT) $$' },
      { key: 'NONE', value: '$$(IP) $$$(IP)' },
    ];
    const options = {
      spec: { ...spec, env },
      hostName: 'pod',
      folder: '/web',
      ip: '127.0.0.1',
      port: 4000,
      mounts: ['/v'],
      messageFile: '/m',
      marker: 'm',
      parent,
    };
    expect(containerEnvironment(options)).toEqual({
      PATH: expect.stringMatching(/^\/web\/node_modules\/\.bin:\/bin:/),
      HOSTNAME: 'pod',
      HOME: '/home/me',
      PORT: '4000',
      EARLY: '$(IP)',
      IP: '127.0.0.1',
      HOST: '127.0.0.1:80',
      URL: 'http://127.0.0.1/$(PORT) $$',
      NONE: '$(IP) $127.0.0.1',
      EBB_MOUNT_1: '/v',
      EBB_TERMINATION_LOG: '/m',
      EBB_CONTAINER: 'm',
    });
  });
});

describe('an image reference', () => {
  it.each([
    ['dev.local/hello', 'hello'],
    ['dev.local/hello:v2', 'hello'],
    ['dev.local/team/hello:v2', 'hello'],
    ['dev.local/hello@sha256:abc', 'hello'],
    ['dev.local/hello:v2@sha256:abc', 'hello'],
    ['docker.io/library/nginx', undefined],
    ['dev.local/', undefined],
    ['dev.localhost/hello', undefined],
  ])('%s means the app %s', (image, name) => {
    expect(appNameOf(image)).toBe(name);
  });
});
