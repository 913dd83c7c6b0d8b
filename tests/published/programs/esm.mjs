import { readFileSync } from 'node:fs';
import { named } from './entries.js';
import { run } from './program.js';

const files = JSON.parse(readFileSync('public/dicom-files.json', 'utf8'));
console.log(JSON.stringify({ ...(await run(files)), exported: named() }));
