//! Icons: Lucide's outlines, compiled in, coloured by the text around them.

use dioxus::prelude::*;

use super::Size;

macro_rules! glyphs {
    ($($name:ident = $file:literal,)*) => {
        /// One picture of assets/icons.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Glyph {
            $($name,)*
        }

        impl Glyph {
            fn svg(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../assets/icons/", $file, ".svg")),)*
                }
            }
        }
    };
}

glyphs! {
    ArrowLeft = "arrow-left",
    AudioLines = "audio-lines",
    Ban = "ban",
    Blocks = "blocks",
    Braces = "braces",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronRight = "chevron-right",
    CircleAlert = "circle-alert",
    CircleDashed = "circle-dashed",
    CircleHelp = "circle-help",
    CloudCheck = "cloud-check",
    CloudOff = "cloud-off",
    Copy = "copy",
    Dices = "dices",
    Download = "download",
    Ellipsis = "ellipsis",
    Eye = "eye",
    File = "file",
    Film = "film",
    Folder = "folder",
    Globe = "globe",
    Hash = "hash",
    History = "history",
    Image = "image",
    Info = "info",
    Key = "key",
    Keyboard = "keyboard",
    Layers = "layers",
    Link = "link",
    LoaderCircle = "loader-circle",
    LogOut = "log-out",
    Map = "map",
    Maximize2 = "maximize-2",
    Moon = "moon",
    PanelRight = "panel-right",
    Pause = "pause",
    Pencil = "pencil",
    Pin = "pin",
    Play = "play",
    Plus = "plus",
    Redo2 = "redo-2",
    RefreshCw = "refresh-cw",
    Repeat = "repeat",
    Scan = "scan",
    Search = "search",
    Settings = "settings",
    Share2 = "share-2",
    SkipForward = "skip-forward",
    Sparkles = "sparkles",
    Square = "square",
    Sun = "sun",
    Trash2 = "trash-2",
    TriangleAlert = "triangle-alert",
    Type = "type",
    Undo2 = "undo-2",
    Unlink = "unlink",
    Upload = "upload",
    Volume2 = "volume-2",
    VolumeX = "volume-x",
    X = "x",
    ZoomIn = "zoom-in",
    ZoomOut = "zoom-out",
}

/// Decoration only: whatever carries it has a name of its own.
#[component]
pub fn Icon(glyph: Glyph, #[props(default)] size: Size) -> Element {
    rsx! {
        span { class: "icon", "data-size": size.as_str(), dangerous_inner_html: glyph.svg() }
    }
}
