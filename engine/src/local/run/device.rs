//! Where tensors live: the graphics card this build was made for, else the processor.

use std::sync::LazyLock;

use candle_core::{DType, Device};

static DEVICE: LazyLock<Device> = LazyLock::new(|| {
    let card = if cfg!(feature = "cuda") {
        Device::new_cuda(0)
    } else if cfg!(feature = "metal") {
        Device::new_metal(0)
    } else {
        return Device::Cpu;
    };
    card.unwrap_or_else(|error| {
        tracing::warn!(%error, "local models run on the processor: the graphics card cannot be used");
        Device::Cpu
    })
});

pub(super) fn device() -> &'static Device {
    &DEVICE
}

/// Half precision is what large picture models are made for; processors compute it slowly.
pub(super) fn picture_dtype() -> DType {
    if device().is_cpu() { DType::F32 } else { DType::F16 }
}
