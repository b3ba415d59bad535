import type { HostFunction } from './context';
import { controlRegisterInstructions } from './control-registers';
import { cpuidInstructions } from './cpuid';
import { debugRegisterInstructions } from './debug-registers';
import { descriptorTableInstructions } from './descriptor-tables';
import { farTransferInstructions } from './far-transfers';
import { fastSystemCallInstructions } from './fast-system-calls';
import { flagInstructions } from './flag-instructions';
import { iretInstructions } from './iret';
import { msrInstructions } from './msrs';
import { portInstructions } from './port-io';
import { processorControlInstructions } from './processor-control';
import { segmentInstructions } from './segment-instructions';
import { softwareInterruptInstructions } from './software-interrupts';
import { stringPortInstructions } from './string-port-io';

/**
 * The instructions that JavaScript executes, by the decoder's mnemonic; where a mnemonic has other forms too, the key
 * says which are meant: 'mov sreg', 'mov creg', 'mov dreg', 'push sreg', 'pop sreg', 'jmp far', 'call far'.
 */
export const hostFunctions: ReadonlyMap<string, HostFunction> = new Map([
  ...segmentInstructions,
  ...flagInstructions,
  ...controlRegisterInstructions,
  ...debugRegisterInstructions,
  ...descriptorTableInstructions,
  ...farTransferInstructions,
  ...iretInstructions,
  ...softwareInterruptInstructions,
  ...fastSystemCallInstructions,
  ...portInstructions,
  ...stringPortInstructions,
  ...msrInstructions,
  ...cpuidInstructions,
  ...processorControlInstructions,
]);
