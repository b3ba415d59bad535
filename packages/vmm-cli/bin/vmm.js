#!/usr/bin/env node
// In place before the first build, so that package managers can link the command.
import('../dist/main.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist')) throw error;
  console.error('vmm is not built yet; run: npm run build');
  process.exitCode = 2;
});
