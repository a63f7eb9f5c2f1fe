import { describe, expect, it } from '@jest/globals';

import {
  type CommandEnd,
  runCommand,
} from '../../../lib/command/run-command.js';
import { SERVER_NAMES } from '../../../lib/command/print-config.js';

function run(...parameters: string[]): Promise<CommandEnd> {
  return runCommand(parameters, {
    version: '1.2.3',
    standardInput: () => Promise.resolve('a'),
  });
}

describe('the command', () => {
  it('says its version', async () => {
    expect(await run('--version')).toEqual({
      status: 0,
      output: '1.2.3\n',
      errors: '',
    });
  });

  it.each([
    [['--help'], 'COMMAND'],
    [['config', '--help'], 'config SERVER --rule RULE'],
    [['config', 'nginx', '--rule', 'a', '--help'], 'config SERVER --rule RULE'],
    [['check-config', '--help'], 'check-config SERVER FILE'],
    [['check-config', 'nginx', 'a', '--help'], 'check-config SERVER FILE'],
  ])('explains itself by %j', async (parameters, usage) => {
    const { status, output, errors } = await run(...parameters);

    expect(output).toContain(`Usage: nestjs-downloadview ${usage}`);
    expect(errors).toBe('');
    expect(status).toBe(0);
  });

  it('tells in its help of every option that it takes', async () => {
    const { output } = await run('config', '--help');
    const told = new Set(output.match(/--[a-z-]+/g));

    for (const server of SERVER_NAMES) {
      const { errors } = await run('config', server, '--unknown');
      const known = errors.match(/(?<=Known here are .*)--[a-z-]+/g) ?? [];
      expect(known.length).toBeGreaterThan(5);
      expect(
        known.filter((name) => name !== '--help' && !told.has(name)),
      ).toEqual([]);
    }
  });

  it.each([
    [[], 'The command is missing. Give config or check-config'],
    [['conf'], "The command: 'conf' was given. Give config or check-config"],
    [['check-config'], 'The name of the server is missing. '],
    [['check-config', 'nginx'], 'FILE is missing. Give the name'],
    [['check-config', 'iis', '-'], "The name of the server: 'iis' was given. "],
    [
      ['check-config', 'nginx', '-', 'a'],
      "Unexpected argument: 'a' was given. ",
    ],
    [
      ['check-config', 'nginx', '--x', '-'],
      "Unknown option: '--x' was given. ",
    ],
    [
      ['check-config', 'nginx', '/no\n/file'],
      "FILE: '/no\\u000a/file' was given. It cannot be read",
    ],
    [['check-config', 'nginx', '/'], "FILE: '/' was given. It cannot be read"],
  ])('refuses %j', async (parameters, message) => {
    const { status, output, errors } = await run(...parameters);

    expect(errors).toContain(`nestjs-downloadview: ${message}`);
    expect(errors.trimEnd()).not.toContain('\n');
    expect(output).toBe('');
    expect(status).toBe(2);
  });
});
