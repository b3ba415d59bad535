import { i32, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { MXCSR_MASK } from '../../float/environment';
import { c32 } from '../../float/format';
import { CR0 } from '../../state/mode';
import { VECTOR } from '../../system/vectors';
import type { MeaningTable } from '../meaning';
import { raisePending } from '../float/x87';
import { requireSse } from './simd';

/** Reserved bits must be zero. */
const ldmxcsr: Semantics = (k, source) => {
  requireSse(k);
  const value = source!.read() as I32;
  k.if(i32.and(value, c32(~MXCSR_MASK)), () => k.raise(VECTOR.gp, c32(0)));
  k.setState32('mxcsr', value);
};

const stmxcsr: Semantics = (k, destination) => {
  requireSse(k);
  destination!.write(k.let(k.state32('mxcsr')));
};

const emms: Semantics = (k) => {
  k.if(i32.and(k.state32('cr0'), c32(CR0.em)), () => k.raise(VECTOR.ud));
  k.if(i32.and(k.state32('cr0'), c32(CR0.ts)), () => k.raise(VECTOR.nm));
  raisePending(k);
  k.setState32('fpuTop', c32(0));
  k.setState32('fpuValid', c32(0));
};

/** One processor at a time touches memory: ordering instructions and hints do nothing. */
const nothing: Semantics = () => undefined;

/** CLFLUSH and its like are checked as loads of a byte are. */
const flush: Semantics = (_k, operand) => void operand!.read();

const HINTS = [
  'lfence',
  'mfence',
  'sfence',
  'prefetchnta',
  'prefetcht0',
  'prefetcht1',
  'prefetcht2',
  'prefetch',
  'prefetchw',
  'prefetchwt1',
];

/** State management, ordering and cacheability (SDM vol. 1, 10.4.6, 11.4.4). */
export const SIMD_CONTROL: MeaningTable = {
  ldmxcsr: { semantics: ldmxcsr },
  stmxcsr: { semantics: stmxcsr },
  emms: { semantics: emms },
  femms: { semantics: emms },
  clflush: { semantics: flush },
  clflushopt: { semantics: flush },
  clwb: { semantics: flush },
  ...Object.fromEntries(HINTS.map((name) => [name, { semantics: nothing }])),
};
