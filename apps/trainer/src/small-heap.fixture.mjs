// Preloaded into the command by NODE_OPTIONS=--import: the heap of WebAssembly stays as small as it begins, with 16 MiB.

WebAssembly.Memory.prototype.grow = () => {
  throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
};
