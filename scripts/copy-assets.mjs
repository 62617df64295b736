// tsc copies no .lua, .sh or .yaml: the build puts them beside the compiled code that reads them.
import { cpSync, globSync } from 'node:fs';

for (const file of globSync('src/**/*.{lua,sh,yaml}')) cpSync(file, file.replace(/^src/, 'dist'));
