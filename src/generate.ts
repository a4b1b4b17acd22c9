import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './generated-files.js';
import { packageDirectory } from './project/project-directory.js';

// Writes the committed files that are made from the program itself; a test says when they are stale.
for (const [path, content] of Object.entries(await generatedFiles())) {
  const file = join(packageDirectory, path);
  if (contentOf(file) !== content) writeFileSync(file, content);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
