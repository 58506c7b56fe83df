"""The Chinese catalogue (Simplified): each English text of the screen to its Chinese.

Glossary, one word per idea, as on the Chinese pages of the exchanges: net 净仓,
netting 净额合并; target 目标仓位; position 持仓; diff 差额; deadband 死区; crossing and
offset inside 内部对冲; leg 持仓腿; one-way 单向持仓; hedge 双向持仓; long 多, short 空;
order 订单; maker, resting 挂单; taker 吃单; working order 在途订单; cancel 撤单; fill 成交;
limit 限价, market 市价; fee 手续费; funding 资金费; realized PnL 已实现盈亏;
unrealized 未实现盈亏; slippage 滑点; bps 基点; spread 价差; touch 最优价; turnover 成交额;
posting 分录; break 差异; residual 剩余账户; halt 停机; reduce-only 只减仓; liquidation 强平.
"""

from nettools.texts.zh import books, charts, demo, desk, sheet, story

TEXTS = {
    **desk.TEXTS,
    **sheet.TEXTS,
    **books.TEXTS,
    **story.TEXTS,
    **charts.TEXTS,
    **demo.TEXTS,
}
"""Texts, by the English; the places for values keep their names."""
COUNTED = {
    "order": "笔订单",
    "working order": "笔在途订单",
    "own working order": "笔本台挂单",
    "refusal": "项拒绝",
    "fill": "笔成交",
    "open break": "项未处理差异",
    "break": "项差异",
    "refused target": "个被拒绝的目标",
    "time": "次",
    "more incident": "个其他异常事件",
    "connection": "个连接",
    "target": "个目标",
    "leg": "条持仓腿",
}
"""What is counted, with the measure word that stands between number and noun."""
VALUES = {
    "one-way": "单向持仓",
    "hedge": "双向持仓",
    "idle": "空闲",
    "running": "自动运行中",
    "halted": "已停机",
    "closed": "已关闭",
    "long": "多",
    "short": "空",
    "buy": "买入",
    "sell": "卖出",
    "market": "市价",
    "limit": "限价",
    "smart": "智能",
    "maker": "挂单",
    "taker": "吃单",
    "target": "目标",
    "edge": "边缘",
    "spread": "价差",
    "fee": "手续费",
    "delay": "延迟",
    "market move": "市场变动",
    "unfilled": "未成交",
    "total": "合计",
    "at once": "立即",
    "gained": "收益",
    "fees": "手续费",
    "funding": "资金费",
    "virtual": "虚拟持仓",
    "pending": "待成交",
    "realized": "已实现盈亏",
    "unrealized": "未实现盈亏",
    "fee on crossed": "内部对冲手续费",
    "spread on crossed": "内部对冲价差",
    "maker instead of taker": "挂单代替吃单",
    "price against touch": "成交价对最优价",
    "deadband and rounding": "死区与舍入",
    "together": "合计",
    "intent": "拟下单",
    "sent": "已发送",
    "acked": "已受理",
    "partial": "部分成交",
    "filled": "完全成交",
    "canceled": "已撤单",
    "expired": "已过期",
    "rejected": "已拒绝",
    "unknown": "未知",
    "cancel-sent": "撤单已发送",
    "cancel-unknown": "撤单结果未知",
    "cross": "内部对冲",
    "fill": "成交",
    "settlement": "结算",
    "adjustment": "调整",
}
"""Values of the core: sides, modes, states, styles and the parts of a cost."""
