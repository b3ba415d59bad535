import type { Form } from '@trapgate/x86-decoder';
import type { Meaning } from '../meaning';
import { FAST_SYSTEM_CALLS } from './fast-system-calls';
import { INTERRUPT_RETURN } from './interrupt-return';
import { SEGMENT_LOADS } from './segment-loads';
import { SOFTWARE_INTERRUPTS } from './software-interrupts';
import { STATE_IMAGE } from './state-image';
import { TIMESTAMP } from './timestamp';

/** By the host function that executes what they leave; those for segment registers differ by their operands. */
const SYSTEM: ReadonlyMap<string, Meaning> = new Map<string, Meaning>(
  Object.entries({
    ...FAST_SYSTEM_CALLS,
    ...INTERRUPT_RETURN,
    ...SOFTWARE_INTERRUPTS,
    ...STATE_IMAGE,
    ...TIMESTAMP,
  }),
);

/** The fast path of a system instruction, if there is one, by its form and its host function's name. */
export function systemMeaning(form: Form, hostName: string): Meaning | undefined {
  const first = form.operands[0];
  if (hostName === 'mov sreg') return first!.kind === 'sreg' ? SEGMENT_LOADS.load : SEGMENT_LOADS.store;
  if (hostName === 'push sreg') return SEGMENT_LOADS.push;
  // A load of SS has a shadow.
  if (hostName === 'pop sreg') return first!.register === 'ss' ? undefined : SEGMENT_LOADS.pop;
  return SYSTEM.get(hostName);
}
