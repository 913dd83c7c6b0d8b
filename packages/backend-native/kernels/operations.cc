// The operations as TensorFlow's: its C API for kernels registers them when the binding is loaded. Each takes arrays of
// float32; what else it wants to know is in one attribute, a text: three lists of numbers with bars between them. The
// first has the shapes of what it makes (rank, sizes, rank, sizes, …), the others are its whole numbers and its fractions.
#include <cstdlib>
#include <memory>
#include <string>
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

template <class T>
const char* readList(const char* text, std::vector<T>& list) {
  while (*text != '\0' && *text != '|') {
    char* end;
    const double number = std::strtod(text, &end);
    if (end == text) break;
    list.push_back(static_cast<T>(number));
    text = *end == ' ' ? end + 1 : end;
  }
  return *text == '|' ? text + 1 : text;
}

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  const Status status = newStatus();
  int32_t count = 0, bytes = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, "call", &count, &bytes, status.get());
  std::string text(bytes < 0 ? 0 : bytes, ' ');
  if (TF_GetCode(status.get()) == TF_OK) {
    TF_OpKernelConstruction_GetAttrString(construction, "call", &text[0], text.size(), status.get());
  }
  if (TF_GetCode(status.get()) != TF_OK) TF_OpKernelConstruction_Failure(construction, status.get());
  const char* rest = readList(text.c_str(), attributes->shapes);
  rest = readList(rest, attributes->ints);
  readList(rest, attributes->floats);
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

/** MEDSEG_NATIVE_VECTORS=avx2 or any takes narrower vectors than the processor has. */
const NamedKernel* chooseTable() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const char* wanted = std::getenv("MEDSEG_NATIVE_VECTORS");
  const bool any = wanted && std::string(wanted) == "any", avx2 = wanted && std::string(wanted) == "avx2";
  if (any) return table_any;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  if (wide && !avx2) return table_avx512;
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
  for (const char* attribute : {"N: int >= 1", "M: int >= 1", "call: string"}) {
    TF_OpDefinitionBuilderAddAttr(definition, attribute);
  }
  TF_OpDefinitionBuilderAddInput(definition, "inputs: N * float");
  TF_OpDefinitionBuilderAddOutput(definition, "outputs: M * float");
  TF_RegisterOpDefinition(definition, status.get());  // takes the builder
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, run, destroy), status.get());
}

/** The same numbers in another shape, without a copy and, unlike TensorFlow's own, without a tensor for the shape. */
void reshape(void* attributes, TF_OpKernelContext* context) {
  const std::vector<int32_t>& shapes = static_cast<Attributes*>(attributes)->shapes;
  const std::vector<int64_t> shape(shapes.begin() + 1, shapes.end());
  const Status status = newStatus();
  TF_Tensor* from = nullptr;
  TF_GetInput(context, 0, &from, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return TF_OpKernelContext_Failure(context, status.get());
  const Tensor owned(from, TF_DeleteTensor);
  const int64_t none = 0;
  const Tensor to(TF_AllocateTensor(TF_FLOAT, &none, 1, 0), TF_DeleteTensor);
  TF_TensorBitcastFrom(from, TF_FLOAT, to.get(), shape.data(), static_cast<int>(shape.size()), status.get());
  if (TF_GetCode(status.get()) == TF_OK) TF_SetOutput(context, 0, to.get(), status.get());
  if (TF_GetCode(status.get()) != TF_OK) TF_OpKernelContext_Failure(context, status.get());
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
[[maybe_unused]] const bool registered = (registerOperation("MedsegReshape", reshape), registerFrom<0>(), true);

}  // namespace
}  // namespace medseg
