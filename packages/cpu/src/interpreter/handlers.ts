import { forms, type Form } from '@trapgate/x86-decoder';
import type { Variant } from '../builder/builder';
import { isFloatingForm, isX87Form, meaningOf, type Meaning } from '../semantics';
import { isHotForm } from './hot-forms';

/** Handlers that are no instruction forms; they come first in the hot function. */
export const SPECIAL = {
  /** End of a decoded run, and what invalidated records become: find the record of this place anew. */
  resync: 0,
  /** Address record: index << scale. */
  addressIndex: 1,
  /** Address record: everything, with segment checks. */
  addressGeneral: 2,
  /** Go on at the record named by the immediate. */
  link: 3,
  /** An instruction that continues in the next page; see CodeCache. */
  straddle: 4,
  /** Call the translation in the table's slot named by the immediate; the displacement names the record to interpret instead. */
  enter: 5,
  count: 6,
} as const;

/** Handlers outside the hot function that are no instruction forms, counted from the first cold handler. */
export const COLD_SPECIAL = {
  /** Host instruction without memory operand. */
  host: 0,
  /** Host instruction with memory operand. */
  hostMemory: 1,
  /** Raises #UD. */
  undefinedOpcode: 2,
  /** Raises #GP(0): more than 15 bytes. */
  tooLong: 3,
  count: 4,
} as const;

/** One handler to be generated. */
export interface Handler {
  readonly form: Form;
  readonly meaning: Meaning;
  readonly variant: Variant;
  readonly hot: boolean;
  /** Hot relative branches exist twice: for targets in the same page and for others. */
  readonly inPage: boolean;
}

/** Which handler executes a form under a variant; -1 where none exists. */
export class HandlerTable {
  readonly hot: Handler[] = [];
  /** Functions of the interpreter's module. */
  readonly cold: Handler[] = [];
  /**
   * Functions of modules of their own, each of which is made when the first of its functions is needed: those of the x87, and all
   * others. Their slots follow in this order.
   */
  readonly late: readonly [Handler[], Handler[]] = [[], []];
  private readonly numbers = new Int16Array(forms.length * 8).fill(-1);

  /** @param hotForm - which forms live in the hot function. */
  constructor(hotForm: (form: Form) => boolean = isHotForm) {
    const all = forms
      .filter((form) => (form.modes & 1) !== 0 && form.id !== 0)
      .flatMap((form) => handlersOf(form, hotForm));
    for (const handler of all) this.listOf(handler).push(handler);
    const place = (handler: Handler, number: number): void => {
      this.numbers[key(handler.form, handler.variant, handler.inPage)] = number;
    };
    this.hot.forEach((handler, n) => place(handler, SPECIAL.count + n));
    this.cold.forEach((handler, n) => place(handler, this.firstCold + COLD_SPECIAL.count + n));
    this.late.flat().forEach((handler, n) => place(handler, this.firstLate + n));
  }

  private listOf(handler: Handler): Handler[] {
    if (handler.hot) return this.hot;
    if (!isFloatingForm(handler.form)) return this.cold;
    return this.late[isX87Form(handler.form) ? 0 : 1];
  }

  /** Number of the first handler in the modules that are made late. */
  get firstLate(): number {
    return this.firstCold + COLD_SPECIAL.count + this.cold.length;
  }

  /** Which of the modules made late has a handler; -1: none of them. */
  lateModule(number: number): -1 | 0 | 1 {
    if (number < this.firstLate) return -1;
    return number < this.firstLate + this.late[0].length ? 0 : 1;
  }

  /** Number of the first handler outside the hot function. */
  get firstCold(): number {
    return SPECIAL.count + this.hot.length;
  }

  number(form: Form, variant: Variant, inPage: boolean): number {
    return this.numbers[key(form, variant, inPage)]!;
  }

  isHot(number: number): boolean {
    return number < this.firstCold;
  }
}

function key(form: Form, variant: Variant, inPage: boolean): number {
  return form.id * 8 + (variant.memory ? 1 : 0) + (variant.general ? 2 : 0) + (inPage ? 4 : 0);
}

function handlersOf(form: Form, hotForm: (form: Form) => boolean): Handler[] {
  const meaning = meaningOf(form);
  if (!meaning) return [];
  const memories = new Set<boolean>();
  const hasRm = form.operands.some((operand) => /rm$/.test(operand.kind));
  const memoryOnly = form.operands.some((operand) => operand.kind === 'm' || operand.kind === 'moffs');
  if (memoryOnly || (hasRm && form.mod !== 'register')) memories.add(true);
  if (!memoryOnly && form.mod !== 'memory') memories.add(false);
  const relative = form.operands[0]?.kind === 'rel';
  const handlers: Handler[] = [];
  for (const memory of memories) {
    for (const general of meaning.implicit ? [false, true] : [false]) {
      const hot = !general && !meaning.cold && !meaning.called && hotForm(form);
      for (const inPage of hot && relative ? [false, true] : [false]) {
        handlers.push({ form, meaning, variant: { memory, general }, hot, inPage });
      }
    }
  }
  return handlers;
}
