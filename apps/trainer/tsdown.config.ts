import { defineConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

export default defineConfig({ ...library(['src/cli.ts']), platform: 'node', dts: false });
