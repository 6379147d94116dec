"""A walk."""
def test_x(wizard):
    wizard.integrations()
    wizard.page.locator("ha-config-flow-card").nth(7).wait_for()
    wizard.shot("discovery")
