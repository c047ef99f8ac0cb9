"""What customers write: comments by language and mood, subjects and first messages of tickets by category."""

LANGUAGES = {"en": 0.86, "ar": 0.08, "fa": 0.06}  # share of customers

COMMENTS = {
    "en": {
        "good": ("Easy to use and quick.", "Our whole team plans here now.", "Automations save us hours.", "Love it."),
        "fair": ("Does the job.", "Fine, but reports are thin.", "Good, if a bit dear.", "Mobile app could be better."),
        "poor": (
            "Sync keeps failing.",
            "Support took days.",
            "Too expensive for what it does.",
            "It misses time tracking.",
        ),
    },
    "ar": {
        "good": ("سهل الاستخدام وسريع.", "فريقنا كله يخطط هنا الآن.", "الأتمتة توفر لنا ساعات.", "أحبه كثيرا."),
        "fair": ("يؤدي الغرض.", "جيد لكن التقارير ضعيفة.", "جيد لكن السعر مرتفع قليلا.", "تطبيق الجوال ليس سيئا."),
        "poor": ("المزامنة تتوقف باستمرار.", "الدعم بطيء جدا.", "السعر غالي جدا.", "ليس سهلا على فريقنا."),
    },
    "fa": {
        "good": ("کار با آن آسان و سریع است.", "همه تیم ما راضی هستند.", "اتوماسیون خیلی کمک کرد.", "عالی است."),
        "fair": ("بد نیست.", "خوب است ولی گزارش‌ها ضعیف است.", "خوب است ولی گران است.", "معمولی."),
        "poor": ("برنامه مدام هنگ می‌کند.", "پشتیبانی جواب نمی‌دهد.", "قیمت‌ها خیلی بالاست.", "استفاده از آن آسان نیست."),
    },
}  # fmt: skip

SUBJECTS = {
    "how_to": ("How do I share a board?", "Export to Excel", "Where are the reports?", "Getting started"),
    "bug": ("Sync error", "App crashes on large boards", "Broken filter in reports", "Notifications do not arrive"),
    "integration": ("Slack integration stopped working", "API returns an error", "Outlook calendar is not in sync"),
    "performance": ("Boards load slowly", "Search is slow", "The app is very slow since Monday"),
    "account": ("Cannot log in", "Change the owner of our account", "Add seats", "Move to the yearly plan"),
    "billing": ("Payment failed", "Wrong amount on our invoice", "Charged twice", "New credit card"),
}
MESSAGES = (
    "This is not easy to find.",
    "It worked well until last week.",
    "We waited two days already, please help.",
    "Not urgent, and thanks for the great help last time.",
    "This is the third time and it is frustrating.",
)
