// Keeps packages/NAME/etc/NAME.api.md, the public interface of each package in a form that can be reviewed.
// Fails when a report is out of date; `--update` writes it anew. Works on the built declarations.
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { root } from './bootstrap.mjs';

const update = process.argv.includes('--update');
const compiler = {
  overrideTsconfig: {
    compilerOptions: {
      strict: true,
      target: 'ES2022',
      module: 'ESNext',
      moduleResolution: 'Bundler',
      lib: ['ES2022'],
      typeRoots: [join(root, 'types')],
      types: ['webassembly', 'host'],
      skipLibCheck: true,
    },
  },
};

/** Decided elsewhere: release tags and doc comments are no part of the report's verdict. */
const silent = { logLevel: 'none', addToApiReportFile: false };

function configuration(folder, name) {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, 'dist/index.d.ts'),
      compiler,
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(folder, 'etc'),
        reportTempFolder: join(folder, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'warning' } },
        extractorMessageReporting: {
          default: { logLevel: 'warning' },
          'ae-missing-release-tag': silent,
          'ae-undocumented': silent,
          'ae-unresolved-link': silent,
        },
        tsdocMessageReporting: { default: silent },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

let failed = 0;
for (const name of readdirSync(join(root, 'packages')).sort()) {
  const folder = join(root, 'packages', name);
  if (!existsSync(join(folder, 'dist/index.d.ts'))) continue;
  mkdirSync(join(folder, 'etc'), { recursive: true });
  const messages = [];
  const result = Extractor.invoke(configuration(folder, name), {
    localBuild: update,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = true;
      if (message.messageId.startsWith('console-')) return;
      if (message.logLevel === 'warning' || message.logLevel === 'error')
        messages.push(message.formatMessageWithLocation(folder));
    },
  });
  const ok = result.errorCount === 0 && (update || !result.apiReportChanged);
  if (!ok) failed++;
  const changed = result.apiReportChanged
    ? update
      ? ' (written)'
      : ' (differs: npm run api:update, then review)'
    : '';
  console.log(
    `${ok ? 'ok    ' : 'failed'}  ${relative(root, join(folder, 'etc', `${name}.api.md`))}${changed}`,
  );
  for (const message of messages) console.log(`        ${message}`);
}
process.exitCode = failed > 0 ? 1 : 0;
