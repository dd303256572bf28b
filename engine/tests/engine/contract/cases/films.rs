//! Work on given films, and films of vendors that are not in `film`.

use super::{super::answers::*, Answer::Job, Case, FAL, Vendor, bearer};

pub fn all() -> Vec<Case> {
    let (replicate, runway) = (bearer("replicate"), bearer("runway"));
    vec![
        FAL.does("video.restyle", "wan-2.7-edit", "/fal-ai/wan/v2.7/edit-video", Job(FAL_FILM)),
        FAL.does("video.upscale", "topaz-video-upscale", "/fal-ai/topaz/upscale/video", Job(FAL_FILM)),
        FAL.does("video.extend", "veo-3.1-extend", "/fal-ai/veo3.1/extend-video", Job(FAL_FILM)),
        FAL.does("video.lip_sync", "sync-lipsync-2", "/fal-ai/sync-lipsync/v2", Job(FAL_FILM)),
        replicate.does("video.restyle", "gen4-aleph", "/models/runwayml/gen4-aleph/predictions", Job(REPLICATE)),
        replicate.does(
            "video.upscale",
            "topaz-video-upscale-replicate",
            "/models/topazlabs/video-upscale/predictions",
            Job(REPLICATE),
        ),
        replicate.does("video.lip_sync", "sync-lipsync-2", "/models/sync/lipsync-2/predictions", Job(REPLICATE)),
        runway.does("video.restyle", "aleph2", "/v1/video_to_video", Job(RUNWAY)),
        runway.does("video.upscale", "magnific-video-upscaler", "/v1/video_upscale", Job(RUNWAY)),
        Vendor("bfl", ("x-key", "")).does("video.generate", "flux-3-video", "/flux-3-video", Job(BFL)),
        bearer("openrouter").does("video.generate", "google/veo-3.1", "/videos", Job(OPENROUTER)),
        bearer("together").does("video.generate", "google/veo-3.0", "/videos", Job(TOGETHER)),
    ]
}
