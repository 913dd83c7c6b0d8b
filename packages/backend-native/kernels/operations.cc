// The operations as TensorFlow's: its C API for kernels registers them when the binding is loaded. Each takes arrays of
// float32 and makes arrays of the shapes that its attribute `shapes` lists (rank, sizes, rank, sizes, …).
#include <memory>
#include <vector>

#include "call.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace medseg {

extern const NamedKernel table_avx512[], table_avx2[], table_any[];

namespace {

using Status = std::unique_ptr<TF_Status, decltype(&TF_DeleteStatus)>;
using Tensor = std::unique_ptr<TF_Tensor, decltype(&TF_DeleteTensor)>;

Status newStatus() { return Status(TF_NewStatus(), TF_DeleteStatus); }

/** What a call has besides its arrays. */
struct Attributes {
  std::vector<int32_t> shapes, ints;
  std::vector<float> floats;
};

template <class T, class Read>
void readList(TF_OpKernelConstruction* construction, const char* name, std::vector<T>& list, Read read,
              TF_Status* status) {
  int32_t count = 0, bytes = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, name, &count, &bytes, status);
  if (TF_GetCode(status) != TF_OK || count <= 0) return;
  list.resize(count);
  read(construction, name, list.data(), count, status);
}

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  const Status status = newStatus();
  const auto ints = TF_OpKernelConstruction_GetAttrInt32List;
  readList(construction, "shapes", attributes->shapes, ints, status.get());
  if (TF_GetCode(status.get()) == TF_OK) readList(construction, "ints", attributes->ints, ints, status.get());
  if (TF_GetCode(status.get()) == TF_OK) {
    readList(construction, "floats", attributes->floats, TF_OpKernelConstruction_GetAttrFloatList, status.get());
  }
  if (TF_GetCode(status.get()) != TF_OK) TF_OpKernelConstruction_Failure(construction, status.get());
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

Array arrayOf(TF_Tensor* tensor) {
  Array array{static_cast<float*>(TF_TensorData(tensor)), TF_NumDims(tensor), {}};
  for (int i = 0; i < array.rank && i < 8; i++) array.shape[i] = TF_Dim(tensor, i);
  return array;
}

void compute(Kernel kernel, const Attributes& attributes, TF_OpKernelContext* context) {
  const Status status = newStatus();
  std::vector<Tensor> tensors;
  std::vector<Array> in, out;
  for (int i = 0; i < TF_NumInputs(context); i++) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status.get());
    if (TF_GetCode(status.get()) != TF_OK) return TF_OpKernelContext_Failure(context, status.get());
    tensors.emplace_back(tensor, TF_DeleteTensor);
    in.push_back(arrayOf(tensor));
  }
  size_t at = 0;
  for (int i = 0; i < TF_NumOutputs(context); i++) {
    std::vector<int64_t> shape;
    size_t bytes = sizeof(float);
    for (int32_t left = attributes.shapes[at++]; left > 0; left--) {
      shape.push_back(attributes.shapes[at++]);
      bytes *= shape.back();
    }
    TF_Tensor* tensor =
        TF_AllocateOutput(context, i, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), bytes, status.get());
    if (TF_GetCode(status.get()) != TF_OK) return TF_OpKernelContext_Failure(context, status.get());
    tensors.emplace_back(tensor, TF_DeleteTensor);
    out.push_back(arrayOf(tensor));
  }
  kernel({in.data(), static_cast<int>(in.size()), out.data(), static_cast<int>(out.size()), attributes.ints.data(),
          attributes.floats.data()});
}

/** The kernel of place I in the table for this processor. */
template <int I>
void computeAt(void* attributes, TF_OpKernelContext* context);

const NamedKernel* chooseTable() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return table_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return table_avx2;
#endif
  return table_any;
}

const NamedKernel* table() {
  static const NamedKernel* const chosen = chooseTable();
  return chosen;
}

template <int I>
void computeAt(void* attributes, TF_OpKernelContext* context) {
  compute(table()[I].run, *static_cast<Attributes*>(attributes), context);
}

void registerOperation(const char* name, void (*run)(void*, TF_OpKernelContext*)) {
  const Status status = newStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* attribute : {"N: int >= 1", "M: int >= 1", "shapes: list(int)", "ints: list(int)",
                                "floats: list(float)"}) {
    TF_OpDefinitionBuilderAddAttr(definition, attribute);
  }
  TF_OpDefinitionBuilderAddInput(definition, "inputs: N * float");
  TF_OpDefinitionBuilderAddOutput(definition, "outputs: M * float");
  TF_RegisterOpDefinition(definition, status.get());  // takes the builder
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, run, destroy), status.get());
}

template <int I>
void registerFrom() {
  if constexpr (I < 64) {
    if (table()[I].name == nullptr) return;
    registerOperation(table()[I].name, computeAt<I>);
    registerFrom<I + 1>();
  }
}

// Before any operation runs: a library's first lines are its static ones.
[[maybe_unused]] const bool registered = (registerFrom<0>(), true);

}  // namespace
}  // namespace medseg
