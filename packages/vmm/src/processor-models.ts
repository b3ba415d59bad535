import { cpuModels } from '@trapgate/cpu';

/** A processor that a machine can have: its name for the option `cpu`, and what it is. */
export interface ProcessorModel {
  readonly name: string;
  readonly description: string;
}

/** The processor models, the default first. */
export function processorModels(): readonly ProcessorModel[] {
  return cpuModels.map(({ name, description }) => ({ name, description }));
}
