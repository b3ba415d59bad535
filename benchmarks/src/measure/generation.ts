// One measurement in a process of its own: what making the first machine costs, nearly all of it the generation
// and compilation of the interpreter.
import { Machine } from '@trapgate/vmm';

import { report } from '../report';

const start = performance.now();
Machine.create({ memoryMiB: 16 });
report({ seconds: (performance.now() - start) / 1000 });
