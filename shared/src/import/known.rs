//! Foreign kinds of nodes that have a counterpart here, and the names of widgets that ComfyUI's files leave out.

pub struct Counterpart {
    pub node_type: &'static str,
    /// Their name, our name. Others are left behind: they mean nothing here.
    pub params: &'static [(&'static str, &'static str)],
}

/// Only where both do the same. A sampler is not a model call of ours: it stays what it is.
pub fn counterpart(family: &str, class: &str) -> Option<Counterpart> {
    let (node_type, params): (_, &'static [(&'static str, &'static str)]) = match (family, class) {
        ("comfy", "LoadImage") => ("image.load", &[]),
        ("comfy", "LoadVideo" | "VHS_LoadVideo") => ("video.load", &[]),
        ("comfy", "LoadAudio" | "VHS_LoadAudioUpload") => ("audio.load", &[]),
        ("comfy", "SaveImage") => ("output.image", &[("filename_prefix", "name")]),
        ("comfy", "SaveVideo") => ("output.video", &[("filename_prefix", "name")]),
        ("comfy", "ImageInvert") => ("image.invert", &[]),
        ("comfy", "Reroute") => ("flow.reroute", &[]),
        ("comfy", "Note" | "MarkdownNote") => ("note.text", &[("text", "text")]),
        ("comfy", "PrimitiveString" | "PrimitiveStringMultiline") => ("text.input", &[("value", "value")]),
        ("comfy", "PrimitiveInt" | "PrimitiveFloat") => ("number.input", &[("value", "value")]),
        ("nodetool", "nodetool.input.StringInput" | "nodetool.constant.String") => {
            ("text.input", &[("value", "value"), ("name", "name")])
        }
        ("nodetool", "nodetool.input.IntegerInput" | "nodetool.input.FloatInput") => {
            ("number.input", &[("value", "value"), ("name", "name")])
        }
        ("nodetool", "nodetool.input.ImageInput" | "nodetool.constant.Image") => ("image.load", &[("name", "name")]),
        ("nodetool", "nodetool.input.VideoInput" | "nodetool.constant.Video") => ("video.load", &[("name", "name")]),
        ("nodetool", "nodetool.input.AudioInput" | "nodetool.constant.Audio") => ("audio.load", &[("name", "name")]),
        ("nodetool", "nodetool.output.StringOutput") => ("output.text", &[("name", "name")]),
        ("nodetool", "nodetool.output.ImageOutput") => ("output.image", &[("name", "name")]),
        ("nodetool", "nodetool.output.VideoOutput") => ("output.video", &[("name", "name")]),
        ("nodetool", "nodetool.workflows.base_node.Comment") => ("note.text", &[("comment", "text")]),
        _ => return None,
    };
    Some(Counterpart { node_type, params })
}

/// The widgets of a class in the order of its `widgets_values`, where the file does not say. The empty name is a value
/// that steers the editor and belongs to no input.
pub fn widgets(class: &str) -> &'static [&'static str] {
    match class {
        "KSampler" => &["seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"],
        "KSamplerAdvanced" => &[
            "add_noise",
            "noise_seed",
            "",
            "steps",
            "cfg",
            "sampler_name",
            "scheduler",
            "start_at_step",
            "end_at_step",
            "return_with_leftover_noise",
        ],
        "CLIPTextEncode" | "Note" | "MarkdownNote" => &["text"],
        "CheckpointLoaderSimple" => &["ckpt_name"],
        "UNETLoader" => &["unet_name", "weight_dtype"],
        "CLIPLoader" => &["clip_name", "type", "device"],
        "DualCLIPLoader" => &["clip_name1", "clip_name2", "type", "device"],
        "VAELoader" => &["vae_name"],
        "LoraLoader" => &["lora_name", "strength_model", "strength_clip"],
        "LoraLoaderModelOnly" => &["lora_name", "strength_model"],
        "ControlNetLoader" => &["control_net_name"],
        "EmptyLatentImage" | "EmptySD3LatentImage" => &["width", "height", "batch_size"],
        "LoadImage" => &["image", ""],
        "SaveImage" => &["filename_prefix"],
        "SaveVideo" => &["filename_prefix", "format", "codec"],
        "CreateVideo" => &["fps"],
        "ImageScale" => &["upscale_method", "width", "height", "crop"],
        "PrimitiveString" | "PrimitiveStringMultiline" | "PrimitiveInt" | "PrimitiveFloat" => &["value"],
        "RandomNoise" => &["noise_seed", ""],
        "KSamplerSelect" => &["sampler_name"],
        "BasicScheduler" => &["scheduler", "steps", "denoise"],
        "FluxGuidance" => &["guidance"],
        _ => &[],
    }
}
