// Given to Node by --import: the native library has no memory left from call number MEDSEG_TEST_CALLS on.

const calls = Number(process.env.MEDSEG_TEST_CALLS);
const { dlopen } = process;
let count = 0;

process.dlopen = (module, ...rest) => {
  dlopen(module, ...rest);
  const { executeOp } = module.exports;
  if (executeOp === undefined) return;
  const failing = (...args) => {
    count++;
    if (count < calls) return executeOp(...args);
    throw new Error(
      'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[2,16,16,8] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
    );
  };
  // What an addon exports cannot be changed.
  const described = Object.getOwnPropertyDescriptors(module.exports);
  module.exports = Object.defineProperties({}, { ...described, executeOp: { value: failing } });
};
