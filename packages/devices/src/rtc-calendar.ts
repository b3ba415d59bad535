// Time and calendar registers of the MC146818 (data sheet: "Time, Calendar, and Alarm Locations", table 2).

export const SECONDS = 0x00;
export const MINUTES = 0x02;
export const HOURS = 0x04;
export const DAY_OF_WEEK = 0x06;
export const DAY_OF_MONTH = 0x07;
export const MONTH = 0x08;
export const YEAR = 0x09;
/** Not of the MC146818: kept by PC firmware, named by the FADT. */
export const CENTURY = 0x32;

export const CALENDAR_REGISTERS = [
  SECONDS,
  MINUTES,
  HOURS,
  DAY_OF_WEEK,
  DAY_OF_MONTH,
  MONTH,
  YEAR,
  CENTURY,
] as const;

const PM = 0x80;
const SECONDS_PER_DAY = 86_400;

/** How register B has the registers encoded. */
export interface CalendarFormat {
  readonly binary: boolean;
  readonly hours24: boolean;
}

const encodeNumber = (value: number, binary: boolean): number =>
  binary ? value : (Math.floor(value / 10) << 4) | (value % 10);
const decodeNumber = (value: number, binary: boolean): number =>
  binary ? value : (value >> 4) * 10 + (value & 15);

function encodeHours(hours: number, format: CalendarFormat): number {
  if (format.hours24) return encodeNumber(hours, format.binary);
  return encodeNumber(hours % 12 || 12, format.binary) | (hours >= 12 ? PM : 0);
}

function decodeHours(value: number, format: CalendarFormat): number {
  if (format.hours24) return decodeNumber(value, format.binary);
  return (decodeNumber(value & ~PM, format.binary) % 12) + (value & PM ? 12 : 0);
}

/** Sunday is 0; 1970-01-01 was a Thursday. */
const weekday = (unixSeconds: number): number => {
  const day = (Math.floor(unixSeconds / SECONDS_PER_DAY) + 4) % 7;
  return day < 0 ? day + 7 : day;
};

/**
 * Writes the registers that show `unixSeconds` (UTC) into `registers`.
 * @param weekdayShift days by which the guest's day of week differs from the calendar's
 */
export function encodeCalendar(
  registers: Uint8Array,
  unixSeconds: number,
  weekdayShift: number,
  format: CalendarFormat,
): void {
  const date = new Date(unixSeconds * 1000);
  const put = (register: number, value: number): void => {
    registers[register] = encodeNumber(value, format.binary);
  };
  put(SECONDS, date.getUTCSeconds());
  put(MINUTES, date.getUTCMinutes());
  registers[HOURS] = encodeHours(date.getUTCHours(), format);
  put(DAY_OF_WEEK, ((weekday(unixSeconds) + weekdayShift) % 7) + 1);
  put(DAY_OF_MONTH, date.getUTCDate());
  put(MONTH, date.getUTCMonth() + 1);
  put(YEAR, date.getUTCFullYear() % 100);
  put(CENTURY, Math.floor(date.getUTCFullYear() / 100));
}

/** The time that the registers show; days and months out of range carry over. */
export function decodeCalendar(
  registers: Uint8Array,
  format: CalendarFormat,
): { unixSeconds: number; weekdayShift: number } {
  const get = (register: number): number => decodeNumber(registers[register]!, format.binary);
  const year = get(CENTURY) * 100 + get(YEAR);
  const date = new Date(0);
  date.setUTCFullYear(year, get(MONTH) - 1, get(DAY_OF_MONTH));
  date.setUTCHours(decodeHours(registers[HOURS]!, format), get(MINUTES), get(SECONDS));
  const unixSeconds = date.getTime() / 1000;
  const weekdayShift = (get(DAY_OF_WEEK) - 1 - weekday(unixSeconds) + 14) % 7;
  return { unixSeconds, weekdayShift };
}
