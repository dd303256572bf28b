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
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            fn svg(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../assets/icons/", $file, ".svg")),)*
                }
            }
        }
    };
}

glyphs! {
    AppWindow = "app-window",
    ArrowDown = "arrow-down",
    ArrowLeft = "arrow-left",
    ArrowUp = "arrow-up",
    AudioLines = "audio-lines",
    Ban = "ban",
    Blocks = "blocks",
    Braces = "braces",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    CircleAlert = "circle-alert",
    CircleDashed = "circle-dashed",
    CircleHelp = "circle-help",
    CircleX = "circle-x",
    Clock = "clock",
    CloudCheck = "cloud-check",
    CloudOff = "cloud-off",
    Coins = "coins",
    Columns2 = "columns-2",
    Copy = "copy",
    Crop = "crop",
    Dices = "dices",
    Download = "download",
    Ellipsis = "ellipsis",
    Eraser = "eraser",
    ExternalLink = "external-link",
    Eye = "eye",
    FastForward = "fast-forward",
    File = "file",
    Film = "film",
    Folder = "folder",
    Gauge = "gauge",
    Globe = "globe",
    Hand = "hand",
    Hash = "hash",
    History = "history",
    Image = "image",
    Info = "info",
    Key = "key",
    Keyboard = "keyboard",
    Layers = "layers",
    Link = "link",
    List = "list",
    ListStart = "list-start",
    ListTree = "list-tree",
    LoaderCircle = "loader-circle",
    Lock = "lock",
    LogOut = "log-out",
    Map = "map",
    Maximize2 = "maximize-2",
    Monitor = "monitor",
    Moon = "moon",
    Paintbrush = "paintbrush",
    PanelRight = "panel-right",
    Pause = "pause",
    Pencil = "pencil",
    Pin = "pin",
    PinOff = "pin-off",
    Play = "play",
    Plus = "plus",
    Redo2 = "redo-2",
    RefreshCw = "refresh-cw",
    Repeat = "repeat",
    RotateCcw = "rotate-ccw",
    Scan = "scan",
    Search = "search",
    Settings = "settings",
    Share2 = "share-2",
    SkipForward = "skip-forward",
    SlidersHorizontal = "sliders-horizontal",
    Sparkles = "sparkles",
    Spline = "spline",
    Square = "square",
    SquareSplitHorizontal = "square-split-horizontal",
    StepBack = "step-back",
    StepForward = "step-forward",
    StickyNote = "sticky-note",
    Sun = "sun",
    Table2 = "table-2",
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
