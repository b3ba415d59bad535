/** Where the ACPI fixed hardware sits: the PIIX4 power-management block, its base as this board's firmware sets it. */
export const PM_BASE = 0x600;
export const PM_LENGTH = 0x40;
export const PM1A_EVENT = PM_BASE;
export const PM1A_CONTROL = PM_BASE + 4;
export const PM_TIMER = PM_BASE + 8;
export const GPE0_BASE = PM_BASE + 0x0c;
export const SMI_COMMAND = 0xb2;
export const SCI_LINE = 9;
/** SLP_TYP of S5 (power off): writing 2000h to PM1a control, SLP_EN alone, ends the machine. */
export const SLEEP_TYPE_S5 = 0;
export const RESET_CONTROL = 0xcf9;
export const RESET_VALUE = 0x06;
/** CMOS byte with the century. */
export const RTC_CENTURY = 0x32;
