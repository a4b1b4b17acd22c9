import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Which folders of ours a folder may not import: the arrows of docs/ARCHITECTURE.md. */
function mayNotImport(folder, ...forbidden) {
  return {
    files: [`${folder}/**/*.ts`],
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: forbidden.map((name) => ({
            regex: `^\\.\\.?/(.*/)?${name}/`,
            message: `${folder}/ may not import ${name}/, only types of it (docs/ARCHITECTURE.md).`,
            allowTypeImports: true,
          })),
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'cdktf.out/', '.dataplat/', 'coverage/', '**/.venv/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: a name is searchable.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
      },
    },
  },
  mayNotImport(
    'src/model',
    'operations',
    'commands',
    'aws',
    'terraform',
    'ui',
    'local',
    'project',
    'toolchain',
    'stacks',
  ),
  mayNotImport('src/project', 'operations', 'commands', 'aws', 'terraform', 'ui', 'local', 'stacks'),
  mayNotImport('src/toolchain', 'operations', 'commands', 'aws', 'terraform', 'ui', 'local', 'stacks'),
  mayNotImport('src/aws', 'operations', 'commands', 'terraform', 'ui', 'local', 'stacks'),
  mayNotImport('src/terraform', 'operations', 'commands', 'aws', 'ui', 'local', 'stacks'),
  mayNotImport('src/ui', 'operations', 'commands', 'aws', 'terraform', 'local', 'stacks'),
  mayNotImport('src/operations', 'commands', 'ui'),
  mayNotImport('src/local', 'operations', 'commands', 'aws', 'terraform', 'ui', 'project', 'stacks'),
  mayNotImport('stacks', 'operations', 'commands', 'aws', 'terraform', 'ui', 'local'),
);
