import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeTerminal } from '../testing/fake-context';
import { enterRawMode } from './raw-terminal';

class Host extends EventEmitter {
  exit(): void {}
}

describe('raw mode', () => {
  it('is left once restored, however often', () => {
    const [terminal, host] = [new FakeTerminal(), new Host()];
    const restore = enterRawMode(terminal, host);
    restore();
    restore();
    expect(terminal.modes).toEqual([true, false, false]);
    expect(host.eventNames()).toEqual([]);
  });

  it('is left when the process exits', () => {
    const [terminal, host] = [new FakeTerminal(), new Host()];
    enterRawMode(terminal, host);
    host.emit('exit');
    expect(terminal.modes.at(-1)).toBe(false);
  });

  it('is set again after the process was stopped', () => {
    const [terminal, host] = [new FakeTerminal(), new Host()];
    enterRawMode(terminal, host);
    host.emit('SIGCONT');
    expect(terminal.modes).toEqual([true, false, true]);
  });

  it('needs a terminal', () => {
    const host = new Host();
    enterRawMode(new PassThrough(), host)();
    expect(host.eventNames()).toEqual([]);
  });

  it('does not mind a terminal that is gone', () => {
    const terminal = new FakeTerminal();
    terminal.setRawMode = () => {
      throw new Error('EIO');
    };
    expect(() => enterRawMode(terminal, new Host())()).not.toThrow();
  });
});
