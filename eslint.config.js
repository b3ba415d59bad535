import js from '@eslint/js';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = dirname(fileURLToPath(import.meta.url));

/** The packages in the order of their dependencies: each may import those on the layers before its own. */
const layers = [
  ['wasm-assembler', 'x86-decoder', 'devices'],
  ['mmu'],
  ['x86-assembler'],
  ['cpu'],
  ['binary-translator', 'hwvirt'],
  ['vmm'],
  ['vmm-cli'],
];
const unordered = readdirSync(join(root, 'packages')).filter(
  (name) => existsSync(join(root, 'packages', name, 'package.json')) && !layers.flat().includes(name),
);
if (unordered.length > 0)
  throw new Error(`eslint.config.js: give ${unordered.join(', ')} a place in the layers`);

/** Packages that are programs for Node.js; all others are free of a platform. */
const programs = ['vmm-cli'];

const deepImports = {
  group: ['@trapgate/*/*', '!@trapgate/*/package.json', '**/packages/*/src/**', '../../../*/src/**'],
  message: 'Import another package through its index.',
};
const platform = {
  group: ['node:*', 'fs', 'path', 'os', 'child_process', 'worker_threads'],
  message: 'A platform-free library takes what it needs from the host through an interface.',
};

function boundaries(name, level) {
  const later = layers.slice(level).flat();
  const upwards = {
    group: later.map((other) => `@trapgate/${other}`),
    message: 'Imports run one way, in the order of the packages.',
  };
  const files = [`packages/${name}/src/**/*.ts`];
  const library = programs.includes(name) ? [] : [platform];
  return [
    {
      files,
      rules: { 'no-restricted-imports': ['error', { patterns: [upwards, deepImports, ...library] }] },
    },
    {
      files: [`packages/${name}/**/*.test.ts`, `packages/${name}/src/testing/**/*.ts`],
      rules: { 'no-restricted-imports': ['error', { patterns: [deepImports] }] },
    },
  ];
}

const moduleState = [
  'Program > VariableDeclaration[kind!="const"]',
  'ExportNamedDeclaration > VariableDeclaration[kind!="const"]',
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/coverage/',
      '**/temp/',
      '**/.cache/',
      '**/.turbo/',
      '**/results/',
      '**/src/generated/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-empty': ['error', { allowEmptyCatch: true }],
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: {
      'max-lines': ['error', { max: 450, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': [
        'error',
        ...moduleState.map((selector) => ({
          selector,
          message: 'No mutable state in a module: several machines share it.',
        })),
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'ExportAllDeclaration', message: 'Name each export.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/{' + programs.join(',') + ',}/**', '**/*.test.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['packages/*/src/**/table/**/*.ts'],
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  ...layers.flatMap((names, level) => names.flatMap((name) => boundaries(name, level))),
  {
    // Declarations describe what exists, `any` and `Function` included.
    files: ['types/**/*.d.ts'],
    rules: {
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
      'no-var': 'off',
    },
  },
);
