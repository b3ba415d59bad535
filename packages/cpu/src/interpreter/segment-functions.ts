import { call, i32, type FunctionRef, type I32, type ModuleBuilder } from '@trapgate/wasm-assembler';
import { SEGMENT, STATE } from '../state/layout';
import { ATTRIBUTE } from '../state/mode';
import { ADDRESS_CHECK, RECORD } from './record';

const VECTOR = { stack: 12, generalProtection: 13 } as const;

/**
 * Emits `segmentAddress(state, segment, offset, bytes | write << 8) -> linear`: type and limit checks of SDM vol. 3A, 5.3 and
 * 5.5; a violation is recorded as #GP(0), or #SS(0) for SS, and 0 returned.
 */
export function emitSegmentAddress(module: ModuleBuilder): FunctionRef {
  const fn = module.function('segmentAddress', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [s, segment, offset, access] = [
    fn.param<'i32'>(0),
    fn.param<'i32'>(1),
    fn.param<'i32'>(2),
    fn.param<'i32'>(3),
  ];
  const at4 = fn.let(i32.add(s, i32.shl(segment, i32.const(2))));
  const attributes = fn.let(i32.load(at4, STATE.offset('segmentAttributes')));
  const limit = fn.let(i32.load(at4, STATE.offset('segmentLimit')));
  const bit = (mask: number): I32 => i32.ne(i32.and(attributes, i32.const(mask)), i32.const(0));
  const last = fn.let(i32.add(offset, i32.sub(i32.and(access, i32.const(0xff)), i32.const(1))));
  const base = (): I32 => i32.load(i32.add(s, i32.shl(segment, i32.const(3))), STATE.offset('segmentBase'));
  // Most often: writable expand-up data.
  const { present, writable, code, expandDown } = ATTRIBUTE;
  const kind = i32.and(attributes, i32.const(present | writable | code | expandDown));
  const inside = i32.and(i32.leU(last, limit), i32.geU(last, offset));
  fn.if(i32.and(i32.eq(kind, i32.const(present | writable)), inside), () =>
    fn.return(i32.add(base(), offset)),
  );
  const isCode = fn.let(bit(ATTRIBUTE.code));
  const isWrite = fn.let(i32.ne(i32.and(access, i32.const(0x100)), i32.const(0)));
  fn.block((violation) => {
    fn.brIf(violation, i32.eqz(bit(ATTRIBUTE.present)));
    // Bit 1 of the type: writable for data, readable for code; code is never writable.
    fn.if(isWrite, () => fn.brIf(violation, i32.or(isCode, i32.eqz(bit(ATTRIBUTE.writable)))));
    fn.brIf(violation, i32.and(isCode, i32.eqz(bit(ATTRIBUTE.readable))));
    fn.brIf(violation, i32.ltU(last, offset));
    fn.if(
      i32.and(bit(ATTRIBUTE.expandDown), i32.eqz(isCode)),
      () => {
        fn.brIf(violation, i32.leU(offset, limit));
        const small = i32.and(i32.eqz(bit(ATTRIBUTE.big)), i32.gtU(last, i32.const(0xffff)));
        fn.brIf(violation, small);
      },
      () => fn.brIf(violation, i32.gtU(last, limit)),
    );
    fn.return(i32.add(base(), offset));
  });
  STATE.store32(fn, s, 'faulted', i32.const(1));
  const isStack = i32.eq(segment, i32.const(SEGMENT.ss));
  STATE.store32(fn, s, 'faultVector', i32.sub(i32.const(VECTOR.generalProtection), isStack));
  STATE.store32(fn, s, 'faultError', i32.const(0));
  fn.return(i32.const(0));
  return fn;
}

/**
 * Emits `addressRecord(state, record) -> address`: executes a general address record, i.e. computes
 * (base + index * scale + displacement) in 16 or 32 bits and checks it against its segment.
 */
export function emitAddressRecord(module: ModuleBuilder, segmentAddress: FunctionRef): FunctionRef {
  const fn = module.function('addressRecord', { params: ['i32', 'i32'], results: ['i32'] });
  const [s, record] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
  const register = (field: number): I32 =>
    i32.load(i32.add(s, i32.load8U(record, field)), STATE.offset('gpr'));
  const scale = fn.let(i32.load8U(record, RECORD.auxiliary));
  const index = i32.shl(register(RECORD.reg), i32.and(scale, i32.const(3)));
  const sum = fn.variable(
    i32.add(i32.add(register(RECORD.rm), index), i32.load(record, RECORD.displacement)),
  );
  fn.if(i32.and(scale, i32.const(16)), () => fn.set(sum, i32.and(sum.get as I32, i32.const(0xffff))));
  const check = fn.let(i32.load(record, RECORD.immediate));
  fn.if(i32.and(check, i32.const(ADDRESS_CHECK.unchecked)), () => fn.return(sum.get));
  fn.return(
    call<'i32'>(
      segmentAddress,
      s,
      i32.shrU(check, i32.const(ADDRESS_CHECK.segmentShift)),
      sum.get,
      i32.and(check, i32.const(0x1ff)),
    ),
  );
  return fn;
}
