import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from './model/json-schemas.js';
import { packageDirectory } from './project/project-directory.js';

// Writes the committed files that are made from the program itself; a test says when they are stale.
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(join(packageDirectory, 'config', 'editor', name), `${JSON.stringify(schema, null, 2)}\n`);
}
