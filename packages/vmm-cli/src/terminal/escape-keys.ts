/** What the typed bytes ask for. */
export type KeyAction =
  { kind: 'send'; bytes: Uint8Array } | { kind: 'end' } | { kind: 'help' } | { kind: 'snapshot' };

const CTRL_A = 0x01;
const COMMANDS = new Map<number, 'end' | 'help' | 'snapshot'>([
  [code('x'), 'end'],
  [code('h'), 'help'],
  [code('?'), 'help'],
  [code('s'), 'snapshot'],
]);

export const KEY_HELP = [
  'Ctrl-A x       end the run',
  'Ctrl-A h       show these keys',
  'Ctrl-A Ctrl-A  send Ctrl-A to the guest',
  'Ctrl-A s       save the machine to a file, for vmm run -loadvm',
] as const;

/**
 * Finds the commands that begin with Ctrl-A among bytes for the guest. A command may be split between chunks.
 * Ctrl-A and a byte that is no command are both dropped, as QEMU does; what follows `end` is dropped too.
 */
export class EscapeKeys {
  #afterEscape = false;

  feed(chunk: Uint8Array): KeyAction[] {
    const actions: KeyAction[] = [];
    let bytes: number[] = [];
    const emit = (action?: KeyAction): void => {
      if (bytes.length > 0) actions.push({ kind: 'send', bytes: Uint8Array.from(bytes) });
      bytes = [];
      if (action) actions.push(action);
    };
    for (const byte of chunk) {
      if (!this.#afterEscape && byte === CTRL_A) {
        this.#afterEscape = true;
      } else if (!this.#afterEscape || byte === CTRL_A) {
        this.#afterEscape = false;
        bytes.push(byte);
      } else {
        this.#afterEscape = false;
        const kind = COMMANDS.get(byte);
        if (kind) emit({ kind });
        if (kind === 'end') return actions;
      }
    }
    emit();
    return actions;
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}
