import { assembleConformanceKernel } from '../../../guests/conformance/build';
import { runConformanceKernel } from './conformance-machine';
void (async () => {
  for (const name of process.argv.slice(3)) {
    const t = process.cpuUsage().user;
    const r = await runConformanceKernel(assembleConformanceKernel(name), process.argv[2] as 'interp', process.env.MODEL ?? 'trapgate');
    for (const l of r.lines) if (!l.startsWith('ok')) console.log(l);
    console.log(name, r.lines.length, 'lines', JSON.stringify(r.exit), r.regions, 'regions', ((process.cpuUsage().user - t) / 1000) | 0, 'ms');
  }
})();
