import { defineConfig } from 'tsdown';
import { library } from '../tsdown.base.ts';

export default defineConfig({ ...library(['src/parity.ts']), platform: 'node', dts: false });
