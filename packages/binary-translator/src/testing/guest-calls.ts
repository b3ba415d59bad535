/** Function numbers of INT 80h, in EAX. EBX and ECX are its arguments. */
export const CALL = {
  switchSpace: 0,
  flipPrivilege: 1,
  swapPages: 2,
  flush: 3,
  takeFpuAway: 4,
  step: 5,
  changeRights: 6,
  toggleInterrupts: 7,
  toggleWriteProtect: 8,
  toggleGlobal: 9,
  copyEntry: 10,
  breakpoint: 11,
} as const;
export const CALL_VECTOR = 0x80;
export const PORT = { acknowledge: 0x20, raise: 0xf0, nonMaskable: 0xf1, stop: 0xf2 } as const;
