"""Chinese for what the commands print."""

TEXTS = {
    "1/3  Starting the local testnet (seed {seed}, real time)": (
        "1/3  正在启动本地测试网（种子 {seed}，实时）"
    ),
    "     Testnet ({venue}): {url}": "     测试网（{venue}）：{url}",
    "2/3  Starting JupyterLab in {folder}": "2/3  正在启动 JupyterLab，目录 {folder}",
    "     Autosave is off: a notebook stays as it is until you save it.": (
        "     自动保存已关闭：笔记本在您保存之前保持原样。"
    ),
    "3/3  Desk": "3/3  交易台",
    "{name} ended by itself:": "{name} 自行结束：",
    "Stopping {name}": "正在停止 {name}",
    "  <- open this in a browser": "  <- 请在浏览器中打开",
    "Ctrl-C stops all of it.": "按 Ctrl-C 全部停止。",
    "1/2  Starting the market (seed {seed}, {speed}× real time), the desk and Voilà": (
        "1/2  正在启动市场（种子 {seed}，{speed}× 实时）、交易台与 Voilà"
    ),
    "2/2  Page, the same for all viewers": "2/2  页面，所有观众相同",
    "     Owner's code, for one page: {code}": "     主持人代码，限一个页面使用: {code}",
}
