// Every operation, compiled once for each kind of processor: MEDSEG_TABLE names the list of this one.
#include <cstdlib>
#include <cstring>

#include "call.h"

namespace medseg {
namespace {

#include "vector.h"
#include "tiles.h"
#include "pointwise.h"
#include "parts.h"
#include "frames.h"
#include "winograd.h"
#include "convolution.h"
#include "convolution-gradient.h"
#include "products.h"
#include "normalization.h"
#include "attention.h"

}  // namespace

extern const NamedKernel MEDSEG_TABLE[];
const NamedKernel MEDSEG_TABLE[] = {
    {"MedsegConv2D", convolution},
    {"MedsegConv2DGrad", convolutionGradient},
    {"MedsegConv2DBackpropInput", convolutionInputGradient},
    {"MedsegConv2DBackpropFilter", convolutionFilterGradient},
    {"MedsegDense", dense},
    {"MedsegDenseGrad", denseGradient},
    {"MedsegMatMul", matMul},
    {"MedsegGroupNorm", groupNorm},
    {"MedsegGroupNormGrad", groupNormGradient},
    {"MedsegLayerNorm", layerNorm},
    {"MedsegLayerNormGrad", layerNormGradient},
    {"MedsegAdd", add},
    {"MedsegSilu", silu},
    {"MedsegSiluGrad", siluGradient},
    {"MedsegAttention", attention},
    {"MedsegAttentionGrad", attentionGradient},
    {"MedsegLinearAttention", linearAttention},
    {"MedsegLinearAttentionGrad", linearAttentionGradient},
    {"MedsegAdamW", adamw},
    {"MedsegMovingAverage", movingAverage},
    {"MedsegColumnSum", columnSum},
    {"MedsegSumOfSquares", sumOfSquares},
    {"MedsegConcat", concat},
    {"MedsegSplit", split},
    {"MedsegUpsample", upsample},
    {"MedsegSumPool", sumPool},
    {nullptr, nullptr},
};

}  // namespace medseg
