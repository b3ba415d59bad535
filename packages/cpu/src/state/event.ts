/** What kind of event the short way into a handler is taken by: bits of an argument of `enterGate`. */
export const EVENT = {
  /** INT n and INT3: the gate's DPL is checked, RF of the saved flags is clear. */
  software: 1,
  /** An exception of the fault class: RF of the saved flags is set (SDM vol. 3B, 17.3.1.1). */
  fault: 2,
} as const;
