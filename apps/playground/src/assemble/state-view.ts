import type { RegisterValues } from '@trapgate/vmm';
import { eflags } from '@trapgate/x86-decoder';
import { h, hex } from '../elements';

const GENERAL = ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'esp', 'eip', 'eflags'] as const;
const CONTROL = ['cr0', 'cr2', 'cr3', 'cr4'] as const;
const SEGMENTS = ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr'] as const;
const ROW_BYTES = 16;
const STACK_SLOTS = 8;

/** What is shown of the machine at one point of the program. */
export interface StudyState {
  readonly registers: RegisterValues;
  /** Where the memory shown begins. */
  readonly memoryAddress: number;
  readonly memory: Uint8Array;
  readonly stackAddress: number;
  readonly stack: Uint8Array;
}

const mark = (changed: boolean): Record<string, string> =>
  changed ? { class: 'mono changed' } : { class: 'mono' };

function cell(name: string, text: string, changed: boolean): HTMLElement {
  return h('div', { class: 'register' }, h('dt', {}, name), h('dd', mark(changed), text));
}

function registerCells(now: RegisterValues, before: RegisterValues | undefined): HTMLElement[] {
  return [...GENERAL, ...CONTROL].map((name) =>
    cell(name, hex(now[name]), before !== undefined && now[name] !== before[name]),
  );
}

function flagCells(now: RegisterValues, before: RegisterValues | undefined): HTMLElement[] {
  const value = ({ eflags: flags }: RegisterValues, mask: number): number => (flags & mask) / (mask & -mask);
  return (['cf', 'pf', 'af', 'zf', 'sf', 'tf', 'if', 'df', 'of', 'iopl'] as const).map((name) => {
    const bits = value(now, eflags[name]);
    return cell(
      name.toUpperCase(),
      String(bits),
      before !== undefined && bits !== value(before, eflags[name]),
    );
  });
}

function segmentTable(now: RegisterValues, before: RegisterValues | undefined): HTMLElement {
  const head = ['Segment', 'Selector', 'Base', 'Limit', 'DPL'].map((text) => h('th', { scope: 'col' }, text));
  const body = SEGMENTS.map((name) => {
    const { selector, base, limit, attributes } = now.segments[name];
    const old = before?.segments[name];
    const changed = old !== undefined && (old.selector !== selector || old.base !== base);
    const dpl = String((attributes >> 5) & 3);
    const values = [hex(selector, 4), hex(base), hex(limit), dpl].map((text) => h('td', mark(changed), text));
    return h('tr', {}, h('th', { scope: 'row' }, name), ...values);
  });
  return h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body));
}

function bytesText(now: StudyState, before: StudyState | undefined): HTMLElement {
  const { memory, memoryAddress } = now;
  const comparable = before?.memoryAddress === memoryAddress;
  const lines = Array.from({ length: Math.ceil(memory.length / ROW_BYTES) }, (_, row) => {
    const start = row * ROW_BYTES;
    const cells = Array.from(memory.subarray(start, start + ROW_BYTES), (byte, n) => {
      const changed = comparable && before.memory[start + n] !== byte;
      return changed ? h('mark', { class: 'changed' }, hex(byte, 2)) : hex(byte, 2);
    });
    const text = Array.from(memory.subarray(start, start + ROW_BYTES), (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    );
    const parts = cells.flatMap((each) => [each, ' ']);
    return h('div', {}, `${hex(memoryAddress + start)}  `, ...parts, ` ${text.join('')}`);
  });
  return h('div', { class: 'mono bytes' }, ...lines);
}

function stackText({ stack, stackAddress, registers }: StudyState, size: 2 | 4): HTMLElement {
  const view = new DataView(stack.buffer, stack.byteOffset, stack.length);
  const count = Math.min(STACK_SLOTS, Math.floor(stack.length / size));
  const lines = Array.from({ length: count }, (_, n) => {
    const value = size === 4 ? view.getUint32(n * 4, true) : view.getUint16(n * 2, true);
    const pointer = n === 0 ? `  <- ${registers.segments.ss.selector ? 'ss:' : ''}esp` : '';
    return h('div', {}, `${hex(stackAddress + n * size)}  ${hex(value, size * 2)}${pointer}`);
  });
  return h('div', { class: 'mono bytes' }, ...lines);
}

/** Registers, flags, segments and stack; what differs from `before` is highlighted. */
export function registersView(now: StudyState, before: StudyState | undefined, bits: 16 | 32): HTMLElement {
  const registers = h('dl', { class: 'registers' }, ...registerCells(now.registers, before?.registers));
  const flags = h('dl', { class: 'registers flags' }, ...flagCells(now.registers, before?.registers));
  flags.append(
    cell(
      'CPL',
      String(now.registers.cpl),
      before !== undefined && before.registers.cpl !== now.registers.cpl,
    ),
  );
  return h(
    'div',
    {},
    registers,
    h('h3', {}, 'Flags and privilege level'),
    flags,
    h('h3', {}, 'Stack'),
    stackText(now, bits === 16 ? 2 : 4),
    h('h3', {}, 'Segment registers'),
    segmentTable(now.registers, before?.registers),
  );
}

export function memoryView(now: StudyState, before: StudyState | undefined): HTMLElement {
  return bytesText(now, before);
}
